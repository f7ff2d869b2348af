"""`predictor prove`: does a clone give what its commit says?

The run is in the working tree; what is committed is read from a clone of HEAD.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from predictor import champions, params, paths, report, task
from predictor.bundle import Bundle, Metadata
from predictor.comparison import Evaluation
from predictor.errors import PredictorError
from predictor.ingest import hash_of_values
from predictor.paths import CANDIDATE, OF_CHAMPION, PREPARED, RAW, REPORTS
from predictor.reproduce import reproduce
from predictor.rules import Finding
from predictor.schema import TARGET


def prove() -> list[Finding]:
    """Compare the run in the working tree, whose code must be committed, with HEAD."""
    changed = output("git", "status", "--porcelain", "--", "src", "dvc.yaml", "params.yaml")
    if changed:
        raise PredictorError(f"Commit first, because HEAD is what is compared:\n{changed}")
    metadata, here = Bundle.load(CANDIDATE).metadata, report.read_evaluation(REPORTS)
    with checkout("HEAD"):
        readme = finding("README.md", "as `predictor promote` writes it", strange_lines(metadata))
        if not paths.LOCK.exists():
            return [readme]
        unchanged = finding("code, parameters, reports", "those of dvc.lock", not_as_locked())
        if not unchanged.holds:
            return [unchanged, readme]
        committed = report.read_evaluation(REPORTS)
        recorded = json.loads(paths.DATA_VERSION.read_bytes())["version"]
    version = hash_of_values(pd.concat(map(pd.read_parquet, sorted(RAW.glob("*.parquet")))))
    data = [f"this run has version {version}, not {recorded}"] * (version != recorded)
    metrics, parts = different_metrics(), different_parts(committed, here, metadata.problem)
    return [
        unchanged,
        finding("data", f"the values, not the bytes, are of version {version}", data),
        finding("metrics", "those of this run, within evaluate.tolerance", metrics),
        finding("rows, period, headline, intervals", "those of this run", parts),
        readme,
    ]


def require(findings: list[Finding]) -> None:
    """Print findings; raise PredictorError if one does not hold."""
    print(*findings, sep="\n")
    if not all(each.holds for each in findings):
        raise PredictorError("Not proven: see the lines with NO.")


def finding(rule: str, good: str, wrong: list[str]) -> Finding:
    """Return a finding that holds if nothing is wrong."""
    advice = "take the change back, or run `make pipeline` and commit all that it writes"
    return Finding(rule, not wrong, "; ".join(wrong) or good, advice)


def not_as_locked() -> list[str]:
    """Ask DVC what is not as it was after the run that dvc.lock describes."""
    found = set()
    for stage in json.loads(output(sys.executable, "-m", "dvc", "status", "--json")).values():
        for group in stage:
            changed = {"dvc.yaml": ""} if isinstance(group, str) else next(iter(group.values()))
            for path, how in changed.items():
                if not path.startswith(("data/", "models/")):  # a clone has none
                    found.add(f"{path} ({', '.join(how)})" if isinstance(how, dict) else path)
    return [f"{each} changed after the run" for each in sorted(found)]


def different_metrics() -> list[str]:
    """Return what `predictor reproduce` complains about."""
    try:
        reproduce()
    except PredictorError as error:
        return [str(error)]
    return []


def different_parts(committed: Evaluation, here: Evaluation, problem: task.Problem) -> list[str]:
    """Return what this run contradicts; an interval may differ by as much as its metric."""
    fit = pd.concat([pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid")])
    dummy = task.dummy(task.truth(fit[TARGET]), here.rows)
    metrics = {name: getattr(committed, name) for name in ("model", "linear", "dummy")}
    again = here.model_copy(update={"headline": task.headline(metrics, dummy, problem)})
    exact = ("rows", "first", "last", "headline")
    wrong = [name for name in exact if getattr(committed, name) != getattr(again, name)]
    tolerance = params.read(params.Evaluate).tolerance
    for then, now in zip(committed.differences, here.differences, strict=True):
        means = {"ours": metrics["model"][now.measure], "theirs": metrics[now.rival][now.measure]}
        off = max(abs(then.low - now.low), abs(then.high - now.high))
        is_equal = then == replace(now, low=then.low, high=then.high, **means)
        if not (is_equal and off <= tolerance * max(1.0, abs(now.theirs))):
            wrong.append(f"{now.measure} beside {now.rival}")
    return wrong


def strange_lines(metadata: Metadata) -> list[str]:
    """Return a line of the results in the README that a promotion would not have written.

    The champion of an earlier run must be shown as in the first commit that showed it.
    """
    shown, line = files(OF_CHAMPION), champions.line()
    path = (OF_CHAMPION / paths.EVALUATION).as_posix()
    if not (shown and line):
        expected = [line for line in block()[1:-1] if not any(map(str.isdigit, line))]
    elif shown == files(REPORTS):
        expected = report.results(metadata, report.read_evaluation(REPORTS), line[-1])
    else:
        same = f"--find-object={output('git', 'rev-parse', f'HEAD:{path}')}"
        with checkout(output("git", "log", "--format=%h", same, "--", path).split()[-1]):
            if shown != files(REPORTS):
                return ["reports/champion is neither of this run nor of the one that was promoted"]
            expected = block()[1:-1]
    strange = [repr(each) for each in block() if each not in ["", *expected]]
    return [] if block() == ["", *expected, ""] else [*strange, "a line is missing"][:1]


def block() -> list[str]:
    """Return what stands between the markers of the README, line by line."""
    text = paths.README.read_text(encoding="utf-8")
    return text.partition(report.BEGIN)[2].partition(report.END)[0].split("\n")


def files(folder: Path) -> list[bytes]:
    """Return the content of the files that a champion shows."""
    return [(folder / name).read_bytes() for name in paths.SHOWN if (folder / name).exists()]


@contextlib.contextmanager
def checkout(revision: str) -> Iterator[None]:
    """Work in a clone of a commit, which has neither data nor models, while the block runs."""
    with TemporaryDirectory() as folder:
        output("git", "clone", "--quiet", "--shared", "--no-checkout", ".", folder)
        output("git", "-C", folder, "checkout", "--quiet", "--detach", revision)
        with contextlib.chdir(folder):
            yield


def output(*command: str) -> str:
    """Return what a command prints, or raise PredictorError if it fails."""
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")  # noqa: S603
    if done.returncode:
        raise PredictorError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout.strip()
