"""A model of `params.yaml`, fitted on prepared rows, and what it answers."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from predictor.contract import Contract
from predictor.data.targets import Outputs, Truth, truth
from predictor.errors import PredictorError
from predictor.params import Params
from predictor.training import models


def fit(contract: Contract, params: Params, model: str, rows: pd.DataFrame) -> Pipeline:
    """Fit `model`, with its arguments from `params.yaml`, on raw rows.

    Raises:
        PredictorError: scikit-learn refuses an argument or the rows, or a class is not in them.
    """
    pipeline = models.build(contract, model, params.models.get(model, {}), params.train.seed)
    labels = truth(contract, rows)
    _require_all_classes(contract, labels)
    try:
        with threadpool_limits(limits=params.train.threads):
            return pipeline.fit(rows, labels)
    except ValueError as error:
        raise PredictorError(f"{model} cannot be fitted: {error}") from error


def outputs(pipeline: Pipeline, contract: Contract, rows: pd.DataFrame) -> Outputs:
    """Return what a fitted pipeline answers, shape (n_rows, n_outputs), as the bundle would."""
    match contract.task:
        case "binary":
            answers = pipeline.predict_proba(rows)[:, 1:]
        case "multiclass":
            answers = pipeline.predict_proba(rows)
        case "regression":
            answers = pipeline.predict(rows).reshape(-1, 1)
    return np.asarray(answers)


def prior(contract: Contract, labels: Truth, n_rows: int) -> Outputs:
    """Return the dummy baseline, which always answers the mean of the training rows."""
    if contract.task == "multiclass":
        counts: npt.NDArray[np.float64] = np.bincount(
            labels.astype(int), minlength=len(contract.outputs)
        ).astype(float)
        return np.tile(counts / len(labels), (n_rows, 1))
    return np.full((n_rows, 1), labels.mean())


def _require_all_classes(contract: Contract, labels: Truth) -> None:
    if contract.task == "regression":
        return
    names = contract.target.classes or ("other labels", f"{contract.target.positive!r}")
    absent = [name for at, name in enumerate(names) if not (labels == at).any()]
    if absent:
        raise PredictorError(
            f"No training row has the target {contract.target.column!r} at {', '.join(absent)}: "
            "a model cannot learn what it never sees. Look at target in contract.yaml, and at "
            "the split in params.yaml."
        )
