"""`predictor reproduce`: this run beside the one that was committed.

Run it after `dvc repro` in a clean clone. What it proves: the committed files are those of one
run, nothing changed since, and here the run gives the same data and the same metrics.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from math import isclose
from typing import NamedTuple

from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.evaluation.report import Evaluation, Metrics
from predictor.params import Params
from predictor.project import Project
from predictor.proof.fingerprint import Fingerprint
from predictor.proof.recorded import EVALUATION, FINGERPRINT, LOCK, README, Commit, Key, Lock
from predictor.report import readme

logger = logging.getLogger(__name__)

RAW = "data/raw"
RERUN = "run `uv run predictor pipeline` and commit what it writes"
NOTHING_YET = (
    "nothing is recorded yet: `uv run predictor pipeline` writes dvc.lock and reports, and once "
    "they are committed every push is compared with them"
)


class Proof(NamedTuple):
    """Whether one thing is as it should be, and in one sentence what to do if not."""

    holds: bool
    sentence: str


@dataclass(frozen=True)
class Run:
    """What a run of the pipeline wrote."""

    lock: Lock
    evaluation: Evaluation
    fingerprint: Fingerprint

    @classmethod
    def here(cls, project: Project) -> "Run":
        """Read the run of the working tree.

        Raises:
            PredictorError: the pipeline did not run to its end.
        """
        files = (project.lock, project.evaluation, project.fingerprint)
        if not all(path.is_file() for path in files):
            raise PredictorError("There is no run to compare: run `uv run dvc repro` first.")
        return cls(
            Lock.parse(project.lock.read_text(encoding="utf-8")),
            Evaluation.read(project.evaluation),
            Fingerprint.read(project.fingerprint),
        )

    @classmethod
    def committed(cls, commit: Commit) -> "Run | None":
        """Read the run of a commit, or None if it recorded none.

        Raises:
            PredictorError: the commit has a lock without the reports that belong to it.
        """
        lock, evaluation, fingerprint = commit.lock(), commit.evaluation(), commit.fingerprint()
        if lock is None:
            return None
        if evaluation is None or fingerprint is None:
            raise PredictorError(
                f"{commit.revision} has {LOCK} without {EVALUATION} and {FINGERPRINT}: {RERUN}."
            )
        return cls(lock, evaluation, fingerprint)


def reproduce(project: Project) -> None:
    """Say whether this run is the committed one again.

    Raises:
        PredictorError: it is not; every reason is one sentence with the way out.
    """
    found = proofs(project)
    for proof in found:
        logger.info("  %s  %s", "ok" if proof.holds else "NO", proof.sentence)
    failed = [proof.sentence for proof in found if not proof.holds]
    if failed:
        raise PredictorError("\n".join(failed))


def proofs(project: Project) -> list[Proof]:
    """Compare the run of the working tree with the one that HEAD recorded."""
    head = Commit(project, "HEAD")
    recorded = Run.committed(head)
    if recorded is None:
        return [Proof(True, NOTHING_YET), shown_numbers(project, head)]
    of_one_run = [*untouched(head, recorded.lock), shown_numbers(project, head)]
    stale = outdated(recorded.lock, Run.here(project).lock)
    if stale:
        return [*of_one_run, *stale]
    tolerance = Params.read(project.params).reproduce.tolerance
    here = Run.here(project)
    return [*of_one_run, same_data(recorded, here), same_metrics(recorded, here, tolerance)]


def untouched(commit: Commit, lock: Lock) -> list[Proof]:
    """Compare the committed reports with the hashes that the run gave them."""
    return [
        Proof(commit.md5(path) == lock.outs.get(path), f"{path} is the file that {LOCK} names")
        if commit.md5(path) == lock.outs.get(path)
        else Proof(False, f"{path} was changed after the run that {LOCK} names: {RERUN}")
        for path in (EVALUATION, FINGERPRINT)
    ]


def outdated(recorded: Lock, here: Lock) -> list[Proof]:
    """Name what changed since the committed run, one sentence for each file."""
    params = sorted({key.name for key in _changed(recorded.params, here.params)})
    files = sorted({key.name for key in _changed(recorded.deps, here.deps)} - recorded.outs.keys())
    found = [f"{file} changed after the last run" for file in files]
    if params:
        found.append(f"params.yaml ({', '.join(params)}) changed after the last run")
    if recorded.commands != here.commands:
        found.append("dvc.yaml changed after the last run")
    return [Proof(False, f"{sentence}: {RERUN}") for sentence in found]


def same_data(recorded: Run, here: Run) -> Proof:
    """Compare the bytes of data/raw, and where they differ its values."""
    if recorded.lock.outs.get(RAW) == here.lock.outs.get(RAW):
        return Proof(True, f"{RAW} is the committed data, byte by byte")
    different = recorded.fingerprint.differences(here.fingerprint)
    if not different:
        return Proof(True, f"{RAW} holds the committed values, in other bytes")
    return Proof(
        False,
        f"{RAW} is not the committed data ({', '.join(different)}): the source or a library "
        f"gives other rows now; look at them, then {RERUN}",
    )


def same_metrics(recorded: Run, here: Run, tolerance: float) -> Proof:
    """Compare the metrics of the model and of both baselines, absolutely or relatively."""
    found = differences(recorded.evaluation, here.evaluation, tolerance)
    if not found:
        return Proof(True, f"the metrics are the committed ones, within {tolerance}")
    return Proof(
        False,
        f"the metrics are not the committed ones within {tolerance} of params.yaml "
        f"({'; '.join(found)}): {RERUN}",
    )


def differences(recorded: Evaluation, here: Evaluation, tolerance: float) -> list[str]:
    """Return the metrics that differ by more than the tolerance, with both values."""
    pairs: Mapping[str, tuple[Metrics, Metrics]] = {
        "model": (recorded.model, here.model),
        "linear": (recorded.linear, here.linear),
        "dummy": (recorded.dummy, here.dummy),
    }
    rows = [] if recorded.rows == here.rows else [f"rows {recorded.rows} -> {here.rows}"]
    return rows + list(
        chain.from_iterable(
            _metric_differences(who, before, after, tolerance)
            for who, (before, after) in pairs.items()
        )
    )


def _metric_differences(who: str, before: Metrics, after: Metrics, tolerance: float) -> list[str]:
    return [
        f"{who} {name} {before.get(name)} -> {after.get(name)}"
        for name in sorted(before.keys() | after.keys())
        if not near(before.get(name), after.get(name), tolerance)
    ]


def near(one: float | None, other: float | None, tolerance: float) -> bool:
    """Say whether two metrics differ by at most the tolerance, or that share of the larger."""
    if one is None or other is None:
        return False
    return isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)


def shown_numbers(project: Project, commit: Commit) -> Proof:
    """Compare the numbers of the committed README with those of the champion's exam."""
    shown = commit.shown()
    written = readme.numbers(Contract.read(project.contract), shown) if shown else []
    block = readme.block(commit.text(README) or "", "results")
    if _measured(block.splitlines()) == _measured(written):
        return Proof(True, "README.md shows the numbers of the champion's exam")
    strange = [line for line in _measured(block.splitlines()) if line not in written]
    return Proof(
        False,
        f"README.md does not show the numbers of the champion's exam "
        f"({strange[0] if strange else 'lines are missing'}): take that change back, or "
        f"{RERUN}",
    )


def _measured(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.startswith(("|", "**"))]


def _changed(before: Mapping[Key, object], after: Mapping[Key, object]) -> set[Key]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
