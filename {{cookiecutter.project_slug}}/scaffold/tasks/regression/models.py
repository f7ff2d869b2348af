"""The models to choose from, as scikit-learn pipelines on the inputs of `features.py`."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from predictor import task
from predictor.errors import PredictorError, did_you_mean
from predictor.features import CATEGORIES, FEATURES, NUMBER_FEATURES, encode
from predictor.params import Train
from predictor.schema import TARGET

MAX_CATEGORIES = 255  # of a column; the model sees rarer ones as it sees unseen ones
LINEAR = "ridge"  # the baseline; another model must not be worse
MODELS = {LINEAR: Ridge, "hist_gradient_boosting": HistGradientBoostingRegressor}


def fit(name: str, rows: pd.DataFrame, params: Train) -> Pipeline:
    """Fit a model on raw rows, with its arguments from params.yaml."""
    if name not in MODELS:
        hint = did_you_mean(name, MODELS)
        raise PredictorError(f"train.model must be {' or '.join(MODELS)}, got {name!r}{hint}")
    inputs = frame(rows)
    try:
        pipeline = build(name, params, inputs)
        with threadpool_limits(limits=params.threads):
            return pipeline.fit(inputs, task.truth(rows[TARGET]))
    except ValueError as error:
        raise PredictorError(f"{name} cannot be fitted: {error}") from error


def build(name: str, params: Train, inputs: pd.DataFrame) -> Pipeline:
    """Build an unfitted pipeline; it selects columns by position, as ONNX gets two matrices."""
    numbers: str | Pipeline = "passthrough"  # scaled values can split differently in ONNX
    if name == LINEAR:
        imputer = SimpleImputer(strategy="median", keep_empty_features=True)
        numbers = make_pipeline(imputer, StandardScaler())
    # Not `max_categories`, which skl2onnx 1.20 cannot convert.
    known = [sorted(inputs[name].value_counts().index[:MAX_CATEGORIES]) for name in CATEGORIES]
    one_hot = OneHotEncoder(
        categories=known, handle_unknown="ignore", sparse_output=False, dtype=np.float32
    )
    columns = ColumnTransformer(
        [
            ("numbers", numbers, list(range(len(NUMBER_FEATURES)))),
            ("categories", one_hot, list(range(len(NUMBER_FEATURES), len(FEATURES)))),
        ]
    )
    model = MODELS[name](random_state=params.seed).set_params(**params.models.get(name, {}))
    return Pipeline([("columns", columns), ("model", model)])


def frame(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the inputs of n rows as one frame, numbers first."""
    inputs = encode(rows)
    numbers = pd.DataFrame(inputs.get("numbers"), columns=NUMBER_FEATURES)
    categories = pd.DataFrame(inputs.get("categories"), columns=CATEGORIES, dtype=object)
    return pd.concat([numbers, categories], axis="columns")
