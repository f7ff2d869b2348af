"""`predictor prove`: check that a clone reproduces its committed results.

The run is in the working tree; the committed results are read from a clone of HEAD.
"""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from predictor import champions, params, paths, report, task
from predictor.bundle import Bundle, Metadata
from predictor.comparison import Evaluation
from predictor.errors import PredictorError
from predictor.evaluate import reproduce
from predictor.ingest import hash_of_values
from predictor.paths import CANDIDATE, CHAMPION_REPORTS, PREPARED, RAW, REPORTS
from predictor.rules import Finding
from predictor.schema import TARGET


def prove() -> list[Finding]:
    """Compare the run in the working tree with HEAD; its code must be committed."""
    changed = output("git", "status", "--porcelain", "--", "src", "dvc.yaml", "params.yaml")
    if changed:
        raise PredictorError(f"Commit first, because the run is compared with HEAD:\n{changed}")
    metadata, here = Bundle.load(CANDIDATE).metadata, report.read_evaluation(REPORTS)
    with checkout("HEAD"):
        documents = [
            finding(path.as_posix(), "as `predictor promote` writes it", lines)
            for path, lines in wrong_lines(metadata).items()
        ]
        if not paths.LOCK.exists():
            return documents
        unchanged = finding("code, parameters, reports", "those of dvc.lock", changes_since_run())
        if not unchanged.holds:
            return [unchanged, *documents]
        committed = report.read_evaluation(REPORTS)
        recorded = json.loads(paths.DATA_VERSION.read_bytes())["version"]
    version = hash_of_values(pd.concat(map(pd.read_parquet, sorted(RAW.glob("*.parquet")))))
    data = [f"this run has version {version}, not {recorded}"] * (version != recorded)
    metrics, parts = different_metrics(), different_parts(committed, here, metadata.problem)
    return [
        unchanged,
        finding("data", f"the hash of the values is {version}", data),
        finding("metrics", "those of this run, within evaluate.tolerance", metrics),
        finding("rows, period, slices, intervals", "those of this run", parts),
        *documents,
    ]


def require(findings: list[Finding]) -> None:
    """Print findings; raise PredictorError if one does not hold."""
    print(*findings, sep="\n")
    if not all(each.holds for each in findings):
        raise PredictorError("Not verified: see the lines with NO.")


def finding(rule: str, good: str, wrong: list[str]) -> Finding:
    """Return a finding that holds if nothing is wrong."""
    advice = "revert the change, or run `make pipeline` and commit everything that it writes"
    return Finding(rule, not wrong, "; ".join(wrong) or good, advice)


def changes_since_run() -> list[str]:
    """Return what has changed since the run in dvc.lock, according to DVC."""
    found = set()
    for stage in json.loads(output(sys.executable, "-m", "dvc", "status", "--json")).values():
        for group in stage:
            changed = {"dvc.yaml": ""} if isinstance(group, str) else next(iter(group.values()))
            for path, how in changed.items():
                if not path.startswith(("data/", "models/")):  # a clone has none
                    found.add(f"{path} ({', '.join(how)})" if isinstance(how, dict) else path)
    return [f"{each} changed after the run" for each in sorted(found)]


def different_metrics() -> list[str]:
    """Return the error of `predictor reproduce`, if there is one."""
    try:
        reproduce()
    except PredictorError as error:
        return [str(error)]
    return []


def different_parts(committed: Evaluation, here: Evaluation, problem: task.Problem) -> list[str]:
    """Return the parts that differ in this run; for intervals, the metric's tolerance applies."""
    fit = pd.concat([pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid")])
    dummy = task.dummy(task.truth(fit[TARGET]), here.rows)
    metrics = {name: getattr(committed, name) for name in ("model", "linear", "dummy")}
    again = here.model_copy(update={"headline": task.headline(metrics, dummy, problem)})
    exact = ("rows", "first", "last", "headline", "calibration")
    wrong = [name for name in exact if getattr(committed, name) != getattr(again, name)]
    limit = params.read(params.Evaluate).tolerance
    for then, now in zip(committed.differences, here.differences, strict=True):
        means = {"ours": metrics["model"][now.metric], "theirs": metrics[now.rival][now.metric]}
        off = max(abs(then.low - now.low), abs(then.high - now.high))
        is_equal = then == replace(now, low=then.low, high=then.high, **means)
        if not (is_equal and off <= limit * max(1.0, abs(now.theirs))):
            wrong.append(f"{now.metric} against {now.rival}")
    before, after = means_of_slices(committed), means_of_slices(here)
    if before.keys() != after.keys() or not all(
        np.allclose(before[each], after[each], limit, limit) for each in after
    ):
        wrong.append("slices")
    return wrong


def means_of_slices(evaluation: Evaluation) -> dict[tuple[str, str, int], list[float]]:
    """Return all metrics of each slice; two machines can order equal slices differently."""
    return {
        (each.column, each.value, each.rows): [*each.model.values(), *each.dummy.values()]
        for each in evaluation.slices
    }


def wrong_lines(metadata: Metadata) -> dict[Path, list[str]]:
    """Return the first line of each document's results that a promotion would not write.

    For the champion of an earlier run, the first commit that showed it is the reference.
    """
    shown, history, texts = files(CHAMPION_REPORTS), champions.history(), written()
    if not (shown and history):
        numbers = {name: re.findall(r"(?m)^.*\d.*$", text) for name, text in texts.items()}
        return {name: [repr(line) for line in lines[:1]] for name, lines in numbers.items()}
    if shown == files(REPORTS):
        expected = report.results(metadata, report.read_evaluation(REPORTS), history[-1])
    else:
        path = (CHAMPION_REPORTS / paths.EVALUATION).as_posix()
        same = f"--find-object={output('git', 'rev-parse', f'HEAD:{path}')}"
        with checkout(output("git", "log", "--format=%h", same, "--", path).split()[-1]):
            if shown != files(REPORTS):
                said = "reports/champion is neither from this run nor from the promoted run"
                return {CHAMPION_REPORTS: [said]}
            expected = written()
    return {name: difference(text, expected.get(name, "")) for name, text in texts.items()}


def difference(text: str, expected: str) -> list[str]:
    """Return the first line that is not expected, if the texts differ."""
    if text.split() == expected.split():
        return []
    wrong = [repr(line) for line in text.split("\n") if line not in expected.split("\n")]
    return [*wrong, "a line is missing"][:1]


def written() -> dict[Path, str]:
    """Return the results that each document shows."""
    return {path: text for path, (_, text, _) in report.documents().items()}


def files(folder: Path) -> list[bytes]:
    """Return the contents of the report files in a folder."""
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
