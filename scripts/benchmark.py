"""Compare a generated service with servers that give the same answer, and write docs/benchmark.*.

Two projects are generated and trained, then every server is measured in turn. Linux, with wrk.

Examples:
  python scripts/benchmark.py
  python scripts/benchmark.py --seconds 2 --rounds 1 --without ray bentoml litserve
  python scripts/benchmark.py --reuse --docs build/bench/docs
"""

import argparse
import shutil
import sys
import time
from pathlib import Path

import demo
from bench import FailedError, chart, environments, machine, report
from bench.contenders import (
    FRAMEWORKS,
    MLFLOWS,
    Contender,
    Key,
    Places,
    Running,
    Sample,
    contenders,
    probability,
    started,
)
from bench.wrk import require_wrk
from snapshot import TEMPLATE

TOLERANCE = 1e-6


def main(options: argparse.Namespace) -> int:
    """Run everything and return the exit code."""
    require_wrk()
    begin = time.monotonic()
    scratch = TEMPLATE / "build" / "bench"
    if not options.reuse:
        shutil.rmtree(scratch, ignore_errors=True)
    places = Places(scratch / "core" / demo.SLUG, scratch / "everything" / demo.SLUG, scratch)
    keys = [key for key in Key if key not in options.without]
    missing = prepare(places, keys)
    everyone = contenders(places)
    chosen = [everyone[key] for key in keys if key not in missing]
    rounds, failed = compare(chosen, options.rounds, options.seconds)
    results = report.Results(rounds, missing | failed, machine.describe(places, rounds))
    write(results, options.docs)
    print(f"\n{report.markdown(results)}\n{time.monotonic() - begin:.0f} s; see {options.docs}")
    return 0


def prepare(places: Places, keys: list[Key]) -> dict[Key, str]:
    """Make what the servers run in and is not there; return which framework failed, and why."""
    places.scratch.mkdir(parents=True, exist_ok=True)
    cache = None
    for key, project in ((Key.CORE, places.core), (Key.EVERYTHING, places.everything)):
        if key in keys and not (project / "models" / "champion").exists():
            environments.generate(key, project.parent, cache)
        if key in keys and not places.environment(key).exists():
            environments.serving_environment(project, places.environment(key))
        cache = places.core / ".dvc" / "cache"
    if {Key.FRAME, *FRAMEWORKS} & set(keys) and not places.pipeline.exists():
        environments.run_server_script(places.core, "fit_pipeline.py", places.pipeline)
    if set(MLFLOWS) & set(keys) and not places.mlflow_models.exists():
        environments.run_server_script(places.core, "mlflow_model.py", places.mlflow_models)
    missing = {}
    for key in [key for key in FRAMEWORKS if key in keys and not places.environment(key).exists()]:
        try:
            environments.framework_environment(
                places.core, places.environment(key), FRAMEWORKS[key]
            )
        except FailedError as error:
            missing[key] = f"it could not be installed: {error}"
            shutil.rmtree(places.environment(key), ignore_errors=True)
    return missing


def compare(
    chosen: list[Contender], rounds: int, seconds: int
) -> tuple[dict[Key, list[Sample]], dict[Key, str]]:
    """Compare all answers, then measure; return rounds and failures of the servers by key.

    Raises:
        FailedError: the core failed.
    """
    samples: dict[Key, list[Sample]] = {each.key: [] for each in chosen}
    failed: dict[Key, str] = {}
    (core,) = (each for each in chosen if each.key is Key.CORE)
    with started(core) as running:
        core.places.answer.write_bytes(running.ask())
    for number in range(rounds + 1):
        step = f"round {number} of {rounds}" if number else "first answers"
        for each in [each for each in chosen if each.key not in failed]:
            print(f"{step}: {each.name:31}", end="", flush=True)
            try:
                with started(each) as running:
                    if number:
                        samples[each.key].append(measure(running, seconds))
                    else:
                        require_same_answer(running)
            except FailedError as error:
                print(f" failed: {error}", flush=True)
                if each is core:
                    raise
                failed[each.key] = str(error)
                del samples[each.key]
    return samples, failed


def require_same_answer(running: Running) -> None:
    """Print the probability of a server; end with a sentence if it is not that of the core."""
    contender = running.contender
    expected, found = probability(contender.places.answer.read_bytes()), probability(running.ask())
    print(f" {found:.7f}, ready after {running.start_seconds:.1f} s", flush=True)
    if abs(found - expected) > TOLERANCE:
        sys.exit(f"bench: {contender.name} answers {found!r} and the core answers {expected!r}.")


def measure(running: Running, seconds: int) -> Sample:
    """Load a server, and print and return what was measured."""
    sample = running.sample(seconds)
    print(f" {sample.rate:8,.1f} requests/s, p99 {sample.p99_ms:6.1f} ms", flush=True)
    return sample


def write(results: report.Results, folder: Path) -> None:
    """Write the page and its chart."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("md", report.markdown(results)), ("svg", chart.svg(results))):
        (folder / f"benchmark.{name}").write_text(text, encoding="utf-8", newline="\n")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=4, help="of each load (default: 4)")
    parser.add_argument("--rounds", type=int, default=3, help="of all servers (default: 3)")
    parser.add_argument("--reuse", action="store_true", help="the projects of the last run")
    parser.add_argument("--docs", type=Path, default=TEMPLATE / "docs", help="where to write")
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        type=Key,
        choices=[key for key in Key if key is not Key.CORE],
        metavar="SERVER",
        help=f"servers to leave out: {', '.join(key for key in Key if key is not Key.CORE)}",
    )
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main(parse()))
    except FailedError as error:
        sys.exit(f"bench: {error}")
