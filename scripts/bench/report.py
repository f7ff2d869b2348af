"""docs/benchmark.md: the aims, the table, what is missing, and how it was measured."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.contenders import CONNECTIONS, NAMES, Key, Sample

SHARE_OF_EMPTY, TIMES_MLFLOW, START_SECONDS, MEMORY_MB = 0.55, 25, 2, 150


@dataclass(frozen=True)
class Results:
    """The rounds of each server, why others could not be measured, and the machine."""

    rounds: dict[Key, list[Sample]]
    missing: dict[Key, str]
    machine: str

    def of(self, key: Key) -> Sample:
        """Return the medians of the rounds of a server."""
        return Sample._make(map(median, zip(*self.rounds[key], strict=True)))

    def ratio(self, key: Key, other: Key) -> float:
        """Return the ratio of two median rates."""
        return self.of(key).rate / self.of(other).rate

    def spread(self, key: Key, other: Key) -> tuple[float, float]:
        """Return the lowest and the highest ratio within a round."""
        pairs = zip(self.rounds[key], self.rounds[other], strict=True)
        ratios = [one.rate / two.rate for one, two in pairs]
        return min(ratios), max(ratios)


def markdown(results: Results) -> str:
    """Return the whole document."""
    number = len(results.rounds[Key.CORE])
    rounds = f"Medians of {number} rounds" if number > 1 else "One round"
    missing = [f"- {NAMES[key]}: {publishable(why)}" for key, why in results.missing.items()]
    sections = [
        f"# Benchmark\n\n{headline(results)}",
        "![Requests per second of each server](benchmark.svg)",
        f"## Aims\n\n{aims(results)}",
        beside_unchecked(results),
        f"## Servers\n\n{servers(results)}",
        cost_of_h11(results),
        "## Not measured\n\n" + "\n".join(missing) if missing else "",
        f"## Method\n\n{METHOD}\n\n{rounds}, {results.machine}",
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def headline(results: Results) -> str:
    """Return the first sentence of the document."""
    ratios = []
    if Key.EMPTY in results.rounds:
        ratios.append(f"{results.ratio(Key.CORE, Key.EMPTY):.0%} of an empty FastAPI endpoint")
    if Key.MLFLOW in results.rounds:
        ratios.append(f"{results.ratio(Key.CORE, Key.MLFLOW):.1f} times `mlflow models serve`")
    return (
        f"The core answers {results.of(Key.CORE).rate:,.0f} requests per second with one worker "
        f"and {CONNECTIONS} connections{': ' if ratios else ''}{' and '.join(ratios)}."
    )


def aims(results: Results) -> str:
    """Return each aim of the core, what was found, and whether that is enough."""
    start, memory = results.of(Key.CORE).start_seconds, results.of(Key.CORE).memory_mb
    share, times = f"{SHARE_OF_EMPTY:.0%} of the empty endpoint", f"{TIMES_MLFLOW} times MLflow"
    rows = [
        [f"at least {share}", *_ratio_aim(results, Key.EMPTY, SHARE_OF_EMPTY, "{:.0%}")],
        [f"at least {times}", *_ratio_aim(results, Key.MLFLOW, TIMES_MLFLOW, "{:.1f}")],
        [f"ready in {START_SECONDS} s", f"{start:.1f} s", _verdict(start <= START_SECONDS)],
        [f"at most {MEMORY_MB} MB", f"{memory:.0f} MB", _verdict(memory <= MEMORY_MB)],
    ]
    return table(["Aim for the core", "Found", ""], rows)


def beside_unchecked(results: Results) -> str:
    """Return the ratio to the faster way of using MLflow, if it was measured."""
    if Key.MLFLOW_PLAIN not in results.rounds:
        return ""
    ratio = results.ratio(Key.CORE, Key.MLFLOW_PLAIN)
    return (
        "The aim for MLflow is judged with a model that checks its input, as the core does. "
        f"Compared with a model that does not, the core has {ratio:.1f} times the rate."
    )


def _ratio_aim(results: Results, other: Key, aim: float, style: str) -> list[str]:
    if other not in results.rounds:
        return ["-", "not measured"]
    found, spread = results.ratio(Key.CORE, other), results.spread(Key.CORE, other)
    lowest, highest = (style.format(each) for each in spread)
    rounds = f" (rounds: {lowest} to {highest})" if lowest != highest else ""
    return [f"{style.format(found)}{rounds}", _verdict(found >= aim)]


def _verdict(reached: bool) -> str:
    return "reached" if reached else "**missed**"


def servers(results: Results) -> str:
    """Return the table of everything that was measured."""
    head = ["", "requests/s", "share of empty", "times MLflow", "p50 ms", "p99 ms"]
    rows = []
    for key in results.rounds:
        rate, p50, p99, cpu, memory, start = results.of(key)
        share, times = (
            style.format(results.ratio(key, other)) if other in results.rounds else "-"
            for other, style in ((Key.EMPTY, "{:.0%}"), (Key.MLFLOW, "{:.1f}"))
        )
        costs = [f"{p50:.1f}", f"{p99:.1f}", f"{cpu:.2f}", f"{memory:.0f}", f"{start:.1f}"]
        rows.append([NAMES[key], f"{rate:,.0f}", share, times, *costs])
    return table([*head, "CPU ms a request", "memory MB", "start s"], rows)


def cost_of_h11(results: Results) -> str:
    """Return what the HTTP implementation of the core costs, if it was measured."""
    if not results.rounds.keys() >= {Key.EMPTY, Key.EMPTY_HTTPTOOLS, Key.CORE_HTTPTOOLS}:
        return ""
    core = results.ratio(Key.CORE_HTTPTOOLS, Key.CORE)
    empty = results.ratio(Key.EMPTY_HTTPTOOLS, Key.EMPTY)
    share = results.ratio(Key.CORE_HTTPTOOLS, Key.EMPTY_HTTPTOOLS)
    return (
        "`predictor serve` chooses h11, because h11 limits the size of headers. With httptools, "
        f"the core answers {core:.2f} times as many requests and the empty endpoint {empty:.2f} "
        f"times as many; the core then has {share:.0%} of the rate of the empty endpoint."
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are aligned to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def publishable(reason: str) -> str:
    """Return an error message as one short line, without the paths and addresses of a machine."""
    words = ["..." if "/" in word or "\\" in word else word for word in reason.split()]
    return re.sub(r"[|`*<>]", "", " ".join(words))[:300]


METHOD = f"""\
One server runs at a time, with one worker. A round starts each server, warms it up for a second,
loads it with `wrk` over {CONNECTIONS} connections, and stops it. Every round measures every
server, so that noise of the machine reaches all of them. wrk runs on the same machine and uses one
core. Every request posts the same row. Before the first load, every server must give the
probability of the core for this row, to 1e-6. A server that gives any other status than 200 under
load is not measured.

No server writes access logs, exports metrics or traces, or reports usage, with one exception:
"core with everything" has the part `hardening`, which writes a log line for each request and
counts metrics.

- **core** and **core with everything**: `predictor serve` in projects generated with `size=core`
  and `size=everything`, installed without development groups.
- **empty FastAPI endpoint**: the same environment, uvicorn with the same limits and h11, the
  pydantic class of the row as body, and an answer with the same fields. It does not predict.
- **FastAPI + scikit-learn**: the same body and answer, and `predict_proba` of the pipeline that
  the ONNX model was made from, on a DataFrame of one row.
- **mlflow models serve**: the MLflow model of the project, which is the same ONNX bundle, with
  `--env-manager local` and a signature, with which MLflow checks each request and converts times,
  as the core does with pydantic. The answer holds only the probability.
- **mlflow models serve, unchecked**: the same without a signature. MLflow then checks nothing and
  leaves times as text; the model here converts them.
- **BentoML**, **LitServe**, **Ray Serve**: the same pipeline, body and answer, each in an
  environment of its own, with one worker or replica and the HTTP implementation that it chooses.
- **httptools**: the same applications, started with `uvicorn --http httptools`.

Memory is the resident memory of a server and its child processes after the load (shared pages
count once for each process). Start is the time from the start of the process to the first 200 of
its health check."""
