"""A model of `params.yaml`, fitted on prepared rows."""

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from predictor import models
from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.metrics import Labels
from predictor.params import Params


def fit(contract: Contract, params: Params, model: str, rows: pd.DataFrame) -> Pipeline:
    """Fit `model`, with its arguments from `params.yaml`, on raw rows.

    Raises:
        PredictorError: scikit-learn refuses an argument or the rows.
    """
    pipeline = models.build(contract, model, params.models.get(model, {}), params.train.seed)
    try:
        with threadpool_limits(limits=params.train.threads):
            return pipeline.fit(rows, positives(contract, rows))
    except ValueError as error:
        raise PredictorError(f"{model} cannot be fitted: {error}") from error


def positives(contract: Contract, rows: pd.DataFrame) -> Labels:
    """Return whether each row has the positive label, shape (n_rows,)."""
    labels: Labels = (rows[contract.target.column] == contract.target.positive).to_numpy(bool)
    return labels
