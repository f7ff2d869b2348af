"""Measure a generated project's service beside three others, and write docs/benchmark.md and .svg.

Usage: python scripts/benchmark.py [--project FOLDER] [--seconds 4] [--rounds 3] [--rows 10000000]

The project of `make demo` is used, or generated if it is not there. Linux, with wrk.
"""

import argparse
import sys
import time
from pathlib import Path

import demo
from bench import chart, report
from bench.contenders import OURS, Contender, Running, contenders, require_same_answers, started
from bench.environment import fit_pipeline, serving_environment, size_mb
from bench.measures import Measured, Start
from bench.scoring import compare_scoring
from bench.wrk import Load, require_wrk
from snapshot import TEMPLATE

CONNECTIONS = (1, 16, 64)
STARTS = 5
WARM_UP_SECONDS = 1


def main(arguments: argparse.Namespace) -> int:
    """Run everything and return the exit code."""
    require_wrk()
    begin = time.monotonic()
    project = arguments.project or demo_project()
    scratch: Path = arguments.scratch
    scratch.mkdir(parents=True, exist_ok=True)
    serving = serving_environment(project, scratch)
    pipeline = fit_pipeline(project, scratch)
    measured = measure(contenders(project, serving, pipeline, scratch), arguments)
    scoring = compare_scoring(project, pipeline, scratch, arguments.rows)
    sizes = {"serving": size_mb(serving), "full": size_mb(project / ".venv")}
    results = report.Results(measured, scoring, sizes, report.machine(project, arguments.rounds))
    docs: Path = arguments.docs
    docs.mkdir(parents=True, exist_ok=True)
    (docs / "benchmark.md").write_text(report.markdown(results), encoding="utf-8", newline="\n")
    (docs / "benchmark.svg").write_text(chart.svg(measured), encoding="utf-8", newline="\n")
    print(
        f"\n{report.markdown(results)}\n{docs / 'benchmark.md'}, {time.monotonic() - begin:.0f} s"
    )
    return 0


def demo_project() -> Path:
    """Return the project of `make demo` with its champion, made now if it is not there."""
    folder = TEMPLATE / "build" / "demo"
    project = folder / demo.SLUG
    if not (project / "models" / "champion.json").exists():
        demo.generate(folder)
        demo.run(project, "make", "setup")
        demo.run(project, "make", "pipeline")
    return project


def measure(everyone: list[Contender], arguments: argparse.Namespace) -> list[Measured]:
    """Start all, compare their answers, load them in turn, and return what was measured."""
    starts = [Start(each, seconds_to_ready(each)) for each in everyone]
    with started(everyone) as running:
        require_same_answers(running)
        for each in running:
            each.load(CONNECTIONS[1], WARM_UP_SECONDS)
        loads: dict[str, list[Load]] = {each.contender.name: [] for each in running}
        for number in range(arguments.rounds):
            for connections in CONNECTIONS:
                for each in running:
                    found = each.load(connections, arguments.seconds)
                    loads[each.contender.name].append(found)
                    say(number, arguments.rounds, each, found)
        memory = {each.contender.name: each.memory_mb() for each in running}
    return [
        Measured(start, tuple(loads[start.contender.name]), memory[start.contender.name])
        for start in starts
    ]


def seconds_to_ready(contender: Contender) -> list[float]:
    """Return how long each start took; ours is started several times."""
    seconds = []
    for _ in range(STARTS if contender.name == OURS else 1):
        with started([contender]) as (running,):
            seconds.append(running.seconds_to_ready)
    print(f"{contender.name}: ready after {', '.join(f'{each:.2f}' for each in seconds)} s")
    return seconds


def say(number: int, rounds: int, each: Running, found: Load) -> None:
    """Print one measurement."""
    print(
        f"round {number + 1} of {rounds}, {found.connections:2} connections, "
        f"{each.contender.name:35} {found.rate:8.1f}/s  p99 {found.p99_ms:7.1f} ms",
        flush=True,
    )


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--project", type=Path, help="a generated project with a champion")
    parser.add_argument("--seconds", type=int, default=4, help="of each load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=10_000_000, help="that are scored; 0 for none")
    parser.add_argument("--docs", type=Path, default=TEMPLATE / "docs")
    parser.add_argument("--scratch", type=Path, default=TEMPLATE / "build" / "bench")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(parse()))
