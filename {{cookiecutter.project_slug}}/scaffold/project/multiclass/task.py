"""Everything that depends on the task: here one of several classes.

The service imports this module without scikit-learn, so only `metrics` imports scikit-learn.
"""

from typing import Any, get_args

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from predictor.errors import PredictorError
from predictor.schema import Target

Floats = npt.NDArray[np.float64]

CLASSES = [str(each) for each in get_args(Target)]  # the order of the columns of probabilities
LOSS = "log_loss"  # the gate compares it
HEADLINE = "error_rate"  # the first result in the README
TITLES = {
    "accuracy": "Accuracy (higher is better)",
    "macro_f1": "Macro F1 (higher)",
    "error_rate": "Share of wrong decisions (lower is better)",
    "log_loss": "Log loss (lower)",
}


class Problem(BaseModel, frozen=True, extra="forbid"):
    """The section `problem` of params.yaml; it is stored with the model."""

    name: str
    question: str
    decision: str


class Prediction(BaseModel, protected_namespaces=()):
    """`decision` is the most probable class; `unseen` lists columns with an unseen category."""

    probabilities: dict[str, float]
    decision: str
    unseen: list[str]
    model_version: str


def prediction(
    probabilities: list[float], _: dict[str, float], unseen: list[str], version: str
) -> Prediction:
    """Return the response of the service for one row."""
    named = dict(zip(CLASSES, probabilities, strict=True))
    return Prediction(
        probabilities=named,
        decision=max(named, key=named.__getitem__),
        unseen=unseen,
        model_version=version,
    )


def decision_rule(*_: Any) -> dict[str, float]:  # noqa: ANN401 (the problem, validation rows)
    """Return no parameters: the decision is the most probable class."""
    return {}


def truth(target: Any) -> Floats:  # noqa: ANN401 (a column of pandas)
    """Return the position of each class in CLASSES, shape (n_rows,)."""
    positions = {name: float(at) for at, name in enumerate(CLASSES)}
    return np.array([positions[str(each)] for each in target])


def from_onnx(outputs: list[Any]) -> Floats:
    """Return the probabilities, shape (n_rows, n_classes), from the outputs of ONNX Runtime."""
    return np.asarray(outputs[-1], np.float64)


def from_sklearn(model: Any, inputs: Any) -> Floats:  # noqa: ANN401 (a pipeline, a frame)
    """Return the probabilities, shape (n_rows, n_classes), from a fitted pipeline."""
    absent = set(range(len(CLASSES))) - set(model.classes_.astype(int))
    if absent:
        names = ", ".join(CLASSES[at] for at in sorted(absent))
        raise PredictorError(f"No training row has the class {names}: change `prepare`.")
    return np.asarray(model.predict_proba(inputs))


def dummy(truth: Floats, n_rows: int) -> Floats:
    """Return the baseline that always predicts the shares in `truth`, (n_rows, n_classes)."""
    shares = np.bincount(truth.astype(int), minlength=len(CLASSES)) / len(truth)
    return np.tile(shares, (n_rows, 1))


def row_metrics(truth: Floats, probabilities: Floats, _: Problem) -> dict[str, Floats]:
    """Return the metrics of each row, shape (n_rows,); models are compared by their means."""
    of_truth = probabilities[np.arange(len(truth)), truth.astype(int)]
    return {
        "log_loss": -np.log(np.clip(of_truth, 1e-7, 1)),  # a probability of 0: infinite loss
        "error_rate": (probabilities.argmax(axis=1) != truth).astype(np.float64),
    }


def metrics(truth: Floats, probabilities: Floats, problem: Problem) -> dict[str, float]:
    """Return every metric of TITLES."""
    from sklearn.metrics import f1_score

    decisions = probabilities.argmax(axis=1)
    means = row_metrics(truth, probabilities, problem)
    return {
        "accuracy": float((decisions == truth).mean()),
        "macro_f1": float(f1_score(truth, decisions, average="macro", zero_division=0)),
        **{name: float(values.mean()) for name, values in means.items()},
    }


def headline(metrics: dict[str, dict[str, float]], dummy: Floats, _: Problem) -> str:
    """Return a sentence on the share of right decisions with and without a model."""
    ours, theirs = metrics["model"]["accuracy"], metrics["dummy"]["accuracy"]
    most = CLASSES[int(dummy[0].argmax())]
    return (
        f"{ours:.1%} of the decisions are right with the model and {theirs:.1%} without one "
        f"(always {most!r})."
    )
