"""`predictor reproduce`: compare the metrics of this run with those of the last commit."""

import logging
from math import isclose, nan

from dvc.api import metrics_show
from dvc.scm import RevError

from predictor import params
from predictor.errors import PredictorError

logger = logging.getLogger(__name__)


def reproduce() -> None:
    """Raise PredictorError if a metric differs from HEAD by more than `evaluate.tolerance`."""
    now, committed, limit = read(None), read("HEAD"), params.read(params.Evaluate).tolerance
    different = [
        f"{name} {committed.get(name, nan):.6g} -> {now.get(name, nan):.6g}"
        for name in sorted(now.keys() | committed.keys())
        if not isclose(now.get(name, nan), committed.get(name, nan), rel_tol=limit, abs_tol=limit)
    ]
    if not committed:
        logger.info("no metrics are committed yet, so there is nothing to compare")
    elif different:
        found = "; ".join(different)
        raise PredictorError(f"Metrics differ from the commit by more than {limit}: {found}.")
    else:
        logger.info("all %s metrics equal the committed ones within %s", len(now), limit)


def read(revision: str | None) -> dict[str, float]:
    """Return the metrics of a commit, or of the working tree, such as `model roc_auc`."""
    try:
        found = metrics_show(rev=revision)
    except (RevError, FileNotFoundError):  # there is no commit yet, or it has no results
        found = {}
    return {
        f"{model} {name}": value
        for model in ("model", "linear", "dummy")
        for name, value in found.get(model, {}).items()
    }
