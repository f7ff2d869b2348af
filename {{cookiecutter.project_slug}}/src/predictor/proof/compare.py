"""`predictor compare`: is this run's model no worse than the one that another commit recorded?"""

import logging

from predictor.errors import PredictorError
from predictor.evaluation.report import LOSS
from predictor.params import Params
from predictor.project import Project
from predictor.proof.recorded import Commit
from predictor.proof.reproduce import Proof, Run

logger = logging.getLogger(__name__)


def compare(project: Project, revision: str) -> None:
    """Say how this run's loss stands to the one that the revision recorded.

    Raises:
        PredictorError: it is worse on the same rows by more than the share `reproduce.tolerance`,
            or git does not know the revision.
    """
    found = no_worse(project, revision)
    if not found.holds:
        raise PredictorError(found.sentence)
    logger.info("  ok  %s", found.sentence)


def no_worse(project: Project, revision: str) -> Proof:
    """Compare the losses if both models took the same exam; lower is better."""
    theirs, ours = Run.committed(Commit(project, revision)), Run.here(project)
    if theirs is None:
        return Proof(True, f"{revision} has no recorded model to compare with")
    if not same_exam(theirs, ours):
        return Proof(True, f"{revision} was examined on other rows, so losses do not compare")
    loss = LOSS[ours.evaluation.task]
    here, there = ours.evaluation.model[loss], theirs.evaluation.model[loss]
    said = f"{loss} {here:.4g} against {there:.4g} of {revision} on the same rows"
    tolerance = Params.read(project.params).reproduce.tolerance
    if here <= there * (1 + tolerance):
        return Proof(True, said)
    return Proof(
        False,
        f"the model is worse than before: {said} (lower is better): take the change back, or try "
        "another one and run `uv run predictor pipeline`",
    )


def same_exam(one: Run, other: Run) -> bool:
    """Say whether both tested on the same rows: equal data, split in the same way."""
    return (
        one.fingerprint == other.fingerprint
        and one.lock.params_of("prepare") == other.lock.params_of("prepare")
        and _rows(one) == _rows(other)
    )


def _rows(run: Run) -> tuple[object, ...]:
    exam = run.evaluation
    return exam.task, exam.rows, exam.first, exam.last
