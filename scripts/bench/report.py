"""docs/benchmark.md: the tables, the aims in words, and how it was measured."""

import json
import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.contenders import EMPTY, FRAME, MLFLOW, OURS
from bench.measures import Measured
from bench.scoring import Scored

PACKAGES = ("fastapi", "uvicorn", "pydantic", "onnxruntime", "numpy", "scikit-learn", "mlflow")
AIMED_AT = 16  # connections
COMMAND = "make bench"


@dataclass(frozen=True)
class Results:
    """Everything that the report shows; sizes are in MB."""

    measured: list[Measured]
    scored: list[Scored]
    sizes: dict[str, float]
    machine: str

    def of(self, name: str) -> Measured:
        """Return what was measured of a server."""
        return next(each for each in self.measured if each.name == name)


def markdown(results: Results) -> str:
    """Return the whole document."""
    parts = [
        f"# Benchmark\n\n{headline(results)}",
        "![Answers a second, four servers at 1, 16 and 64 connections](benchmark.svg)",
        "## Answers a second\n\n" + rates(results.measured),
        "## The aims\n\n" + aims(results),
        "## Latency and cost\n\n" + latencies(results.measured),
        "## Start, memory, size\n\n" + footprints(results),
        *([f"## A whole table\n\n{tables(results.scored)}"] if results.scored else []),
        "## How it was measured\n\n" + METHOD + "\n\n" + results.machine,
    ]
    return "\n\n".join(parts) + "\n"


def headline(results: Results) -> str:
    """Return the first sentence of the document."""
    ours = results.of(OURS).rate(AIMED_AT)
    mlflow, frame, empty = (
        ours / results.of(name).rate(AIMED_AT) for name in (MLFLOW, FRAME, EMPTY)
    )
    return (
        f"The service answers {ours:,.0f} times a second on one worker: {mlflow:.0f} times as "
        f"often as `mlflow models serve` with the same registered model, {frame:.0f} times as "
        "often as FastAPI with the scikit-learn pipeline on a DataFrame, and "
        f"{empty:.0%} of an endpoint that does nothing ({AIMED_AT} connections)."
    )


def rates(measured: list[Measured]) -> str:
    """Return the table of answers a second, with the ratio to this service."""
    levels = measured[0].levels
    rows = [
        [each.name, *(_rate(each, measured[0], level) for level in levels)] for each in measured
    ]
    return _table(["", *(_connections(level) for level in levels)], rows)


def _rate(each: Measured, ours: Measured, level: int) -> str:
    if each is ours:
        return f"**{each.rate(level):,.0f}**"
    ratio = ours.rate(level) / each.rate(level)
    shown = f"{ratio:.0f} times slower" if ratio >= 2 else f"this service: {ratio:.0%} of it"
    return f"{each.rate(level):,.0f} ({shown})"


def aims(results: Results) -> str:
    """Return each aim, what was found, and whether that is enough."""
    ours = results.of(OURS)
    found = [
        ("times `mlflow models serve`", 40, _ratios(results, MLFLOW), "{:.1f}"),
        ("times the DataFrame version", 15, _ratios(results, FRAME), "{:.1f}"),
        ("of the empty endpoint", 0.8, _ratios(results, EMPTY), "{:.0%}"),
    ]
    rows = [
        [
            f"at least {shown.format(aim).removesuffix('.0')} {what}",
            ", ".join(shown.format(each) for each in ratios),
            _verdict(ratios[ours.levels.index(AIMED_AT)] >= aim),
        ]
        for what, aim, ratios, shown in found
    ]
    limits = [
        ("start to ready under 2 s", ours.start_seconds, 2, "{:.2f} s"),
        ("resident memory under 150 MB", ours.memory_mb, 150, "{:.0f} MB"),
        ("serving environment under 250 MB", results.sizes["serving"], 250, "{:.0f} MB"),
    ]
    rows += [
        [what, shown.format(value), _verdict(value < limit)] for what, value, limit, shown in limits
    ]
    levels = ", ".join(str(level) for level in ours.levels)
    return (
        _table(["Aim", "Found", ""], rows)
        + f"\n\nRatios are at {levels} connections; the aim is judged at {AIMED_AT}."
    )


def _ratios(results: Results, name: str) -> list[float]:
    ours, other = results.of(OURS), results.of(name)
    return [ours.rate(level) / other.rate(level) for level in ours.levels]


def _verdict(reached: bool) -> str:
    return "reached" if reached else "**missed**"


def latencies(measured: list[Measured]) -> str:
    """Return the table of latencies, and of the CPU time of an answer."""
    levels = measured[0].levels
    head = ["p50 / p99 in ms", *(_connections(level) for level in levels), "CPU ms an answer"]
    rows = [
        [
            each.name,
            *(f"{each.p50_ms(level):.1f} / {each.p99_ms(level):.1f}" for level in levels),
            f"{each.cpu_ms(AIMED_AT):.2f}",
        ]
        for each in measured
    ]
    return _table(head, rows)


def footprints(results: Results) -> str:
    """Return the table of what a server takes beside time."""
    rows = [
        [
            each.name,
            f"{each.start_seconds:.2f}",
            f"{each.memory_mb:.0f}",
            f"{results.sizes[each.start.contender.environment]:.0f}",
        ]
        for each in results.measured
    ]
    head = ["", "s to ready", "MB resident after the load", "MB environment"]
    return _table(head, rows) + f"\n\n{FOOTPRINTS}"


def tables(scored: list[Scored]) -> str:
    """Return the comparison on a whole table."""
    rows = [
        [each.name, f"{each.rate:,.0f}", f"{each.seconds:.1f}", f"{each.memory_mb:.0f}"]
        for each in scored
    ]
    head = [f"{scored[0].rows:,} flights", "rows/s", "seconds", "MB at most"]
    return _table(head, rows) + f"\n\n{TABLES}"


def _connections(level: int) -> str:
    return "1 connection" if level == 1 else f"{level} connections"


def _table(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def machine(project: Path, rounds: int) -> str:
    """Describe the machine, the versions and the command."""
    python = project / ".venv" / "bin" / "python"
    code = (
        "import json, sys; from importlib.metadata import version; "
        f"print(json.dumps({{name: version(name) for name in {PACKAGES!r}}}))"
    )
    listed = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    versions = ", ".join(f"{name} {number}" for name, number in json.loads(listed.stdout).items())
    memory = psutil.virtual_memory().total / 2**30
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, `{COMMAND}`, {_rounds(rounds)}; {os.cpu_count()} "
        f"cores ({_processor()}), {memory:.0f} GB, {system}, load average "
        f"{os.getloadavg()[2]:.1f} over the last quarter of an hour; {versions}."
    )


def _rounds(number: int) -> str:
    return "one round" if number == 1 else f"medians of {number} rounds"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


METHOD = """\
All four servers run at the same time on the same machine, one worker each, and are loaded in turn
by `wrk` over loopback, so noise hits all of them; wrk takes one of the cores. Everyone gets the
same flight in every request. Before the load the probabilities are compared (to 1e-6), and a
single answer that is not a 200 ends the benchmark.

- **this service**: `predictor serve`, installed without its development groups. A good row is
  answered by a middleware before FastAPI routes it (`serve/shortcut.py`). With API keys all rows
  go FastAPI's way, which was not measured here and takes longer.
- **empty FastAPI endpoint**: the same environment and uvicorn, the very pydantic model of the
  row, an answer with the same fields. It parses, validates and writes JSON; it does not encode,
  predict, log, count, or number requests. It shows what FastAPI costs by itself.
- **FastAPI + scikit-learn DataFrame**: the same pydantic model, a DataFrame of one row, and
  `predict_proba` of the pipeline from which the ONNX model was made, in `async def` with one
  OpenMP thread, which is faster than two.
- **mlflow models serve**: `models:/<name>@champion`, `--env-manager local`, one worker. Its
  registered model is the same ONNX bundle, so the difference is the server: MLflow makes a
  DataFrame and checks it against a schema."""

FOOTPRINTS = """\
From the start of the process to the first 200 of its health check, the median of five starts for
this service; memory is that of the process and its children. The environment of the last two is
the one of the whole project, which also trains."""

TABLES = """\
Both read the same Parquet file in batches and write Parquet, in a process of their own whose
start counts. `predictor score` also checks every value against the contract and carries all
columns along; scikit-learn does neither."""
