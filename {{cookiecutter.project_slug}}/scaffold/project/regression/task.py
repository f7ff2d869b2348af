"""Everything that depends on the task: here a number, and an interval around it.

The service imports this module without scikit-learn, so only `metrics` imports scikit-learn.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

Floats = npt.NDArray[np.float64]

COVERAGE = 0.9  # the share of rows whose interval should contain the value
LOSS = "squared_error"  # the gate compares it
HEADLINE = "mae"  # the first result in the README
TITLES = {
    "mae": "Mean absolute error (lower is better)",
    "rmse": "Root mean squared error (lower)",
    "squared_error": "Mean squared error (lower)",
    "r2": "R2 (higher is better)",
}


class Problem(BaseModel, frozen=True, extra="forbid"):
    """The section `problem` of params.yaml; it is stored with the model."""

    name: str
    question: str
    decision: str
    unit: str


class Prediction(BaseModel, protected_namespaces=()):
    """[`low`, `high`] contains the true value in a share `coverage` of cases, as on new rows.

    `unseen` lists columns with a category not seen in training.
    """

    value: float
    low: float
    high: float
    coverage: float
    unseen: list[str]
    model_version: str


def prediction(value: float, rule: dict[str, float], unseen: list[str], version: str) -> Prediction:
    """Return the response of the service for one row."""
    return Prediction(
        value=value,
        low=value - rule["half_width"],
        high=value + rule["half_width"],
        coverage=rule["coverage"],
        unseen=unseen,
        model_version=version,
    )


def decision_rule(_: Problem, truth: Floats, values: Floats) -> dict[str, float]:
    """Return half the width of an interval, from the residuals of n validation rows.

    Source: split conformal prediction, Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018),
    "Distribution-Free Predictive Inference for Regression", algorithm 2.
    """
    residuals = np.sort(np.abs(truth - values))
    rank = min(math.ceil((len(residuals) + 1) * COVERAGE), len(residuals))
    return {"half_width": float(residuals[rank - 1]), "coverage": COVERAGE}


def truth(target: Any) -> Floats:  # noqa: ANN401 (a column of pandas)
    """Return the values, shape (n_rows,)."""
    return np.asarray(target, dtype=np.float64)


def from_onnx(outputs: list[Any]) -> Floats:
    """Return the predicted values, shape (n_rows,), from the outputs of ONNX Runtime."""
    return np.asarray(outputs[0], np.float64).reshape(-1)


def from_sklearn(model: Any, inputs: Any) -> Floats:  # noqa: ANN401 (a pipeline, a frame)
    """Return the predicted values, shape (n_rows,), from a fitted pipeline."""
    return np.asarray(model.predict(inputs), np.float64).reshape(-1)


def dummy(truth: Floats, n_rows: int) -> Floats:
    """Return the baseline that always predicts the mean of `truth`, shape (n_rows,)."""
    return np.full(n_rows, truth.mean())


def row_metrics(truth: Floats, values: Floats, _: Problem) -> dict[str, Floats]:
    """Return the metrics of each row, shape (n_rows,); models are compared by their means."""
    return {"squared_error": (truth - values) ** 2, "mae": np.abs(truth - values)}


def metrics(truth: Floats, values: Floats, problem: Problem) -> dict[str, float]:
    """Return every metric of TITLES, in the unit of `problem`."""
    from sklearn.metrics import r2_score

    means = {name: float(each.mean()) for name, each in row_metrics(truth, values, problem).items()}
    return {
        **means,
        "rmse": math.sqrt(means["squared_error"]),
        "r2": float(r2_score(truth, values)),
    }


def headline(metrics: dict[str, dict[str, float]], dummy: Floats, problem: Problem) -> str:
    """Return a sentence on the mean absolute error with and without a model."""
    numbers = (metrics["model"][HEADLINE], metrics["dummy"][HEADLINE], float(dummy[0]))
    ours, theirs, mean = (f"{each:,.0f}" if abs(each) >= 100 else f"{each:.3g}" for each in numbers)
    return (
        f"The prediction is off by {ours} {problem.unit} on average, and by {theirs} without a "
        f"model (always {mean})."
    )
