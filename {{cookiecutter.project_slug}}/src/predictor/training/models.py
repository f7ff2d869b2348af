"""The models to choose from, each one entry of `FAMILIES`, as scikit-learn pipelines."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from predictor.contract import Contract, Task
from predictor.documents import nearest
from predictor.encoding import encode
from predictor.errors import PredictorError
from predictor.params import Argument


@dataclass(frozen=True)
class Family:
    """An estimator for either kind of task, and what its numbers need.

    Trees that split beside a rounded value answer differently in ONNX, so trees get numbers as
    they are (`raw`) or at most `imputed`; only linear models get them `scaled`.
    """

    classifier: type[BaseEstimator] | None
    regressor: type[BaseEstimator] | None
    numbers: Literal["raw", "imputed", "scaled"]

    def estimator(self, task: Task) -> type[BaseEstimator] | None:
        """Return the class for a task, or None if the family cannot do it."""
        return self.regressor if task == "regression" else self.classifier


FAMILIES = {
    "hist_gradient_boosting": Family(
        HistGradientBoostingClassifier, HistGradientBoostingRegressor, numbers="raw"
    ),
    "logistic_regression": Family(LogisticRegression, None, numbers="scaled"),
    "random_forest": Family(RandomForestClassifier, RandomForestRegressor, numbers="imputed"),
    "ridge": Family(None, Ridge, numbers="scaled"),
}


def linear_baseline(task: Task) -> str:
    """Return the family that every other one has to beat."""
    return "ridge" if task == "regression" else "logistic_regression"


class ContractEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """First step of every pipeline: a raw frame to the model's columns, numbers first."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: ARG002
        """Learn nothing."""
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return float32 columns, then object columns of names; `X` is not modified."""
        inputs = encode(self.contract, X)
        numbers = pd.DataFrame(inputs.numbers, columns=self.contract.numbers)
        categories = pd.DataFrame(inputs.categories, columns=self.contract.categories, dtype=object)
        return pd.concat([numbers, categories], axis="columns")

    def __sklearn_is_fitted__(self) -> bool:
        return True


def build(contract: Contract, model: str, arguments: dict[str, Argument], seed: int) -> Pipeline:
    """Build an unfitted pipeline from raw rows to answers.

    Raises:
        PredictorError: no such model, or it has no such argument.
    """
    family, kind = _family(contract.task, model)
    estimator = kind(random_state=seed)
    _require_arguments(model, arguments, list(estimator.get_params()))
    return Pipeline(
        [
            ("encode", ContractEncoder(contract)),
            ("columns", _columns(contract, family)),
            ("model", estimator.set_params(**arguments)),
        ]
    )


def _family(task: Task, model: str) -> tuple[Family, type[BaseEstimator]]:
    kinds = {name: family.estimator(task) for name, family in FAMILIES.items()}
    able = {name: kind for name, kind in kinds.items() if kind is not None}
    if model not in able:
        raise PredictorError(
            f"params.yaml: train.model: expected one of {', '.join(able)} for a {task} task, "
            f"got {model!r}{nearest(model, able)}."
        )
    return FAMILIES[model], able[model]


def _require_arguments(model: str, arguments: dict[str, Argument], known: list[str]) -> None:
    unknown = [name for name in arguments if name not in known]
    if unknown:
        hints = ", ".join(f"{name!r}{nearest(name, known)}" for name in unknown)
        raise PredictorError(f"params.yaml: models.{model}: unknown argument {hints}.")


def _columns(contract: Contract, family: Family) -> ColumnTransformer:
    # Positions, not names: in ONNX the columns arrive as two matrices without names.
    n_numbers = len(contract.numbers)
    n_columns = n_numbers + len(contract.categories)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
    parts = [
        ("numbers", _numbers(family), list(range(n_numbers))),
        ("categories", one_hot, list(range(n_numbers, n_columns))),
    ]
    return ColumnTransformer([part for part in parts if part[2]])


def _numbers(family: Family) -> object:
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    match family.numbers:
        case "raw":
            return "passthrough"
        case "imputed":
            return imputer
        case "scaled":
            return make_pipeline(imputer, StandardScaler())
