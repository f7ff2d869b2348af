"""Everything that depends on the task: here two classes, and costs of wrong decisions.

The service imports this module without scikit-learn, so only `metrics` imports scikit-learn.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, PositiveFloat

Floats = npt.NDArray[np.float64]

LOSS = "log_loss"  # the gate compares it
HEADLINE = "cost_per_1000"  # the first result in the README
TITLES = {
    "roc_auc": "ROC AUC (higher is better)",
    "average_precision": "Average precision (higher)",
    "brier": "Brier score (lower is better)",
    "log_loss": "Log loss (lower)",
    "cost_per_1000": "Cost of 1,000 decisions (lower)",
}


class Costs(BaseModel, frozen=True, extra="forbid"):
    """What a wrong decision costs, in `unit`; a right one costs nothing. The default is no unit."""

    false_alarm: PositiveFloat = 1
    miss: PositiveFloat = 1
    unit: str = ""

    @property
    def threshold(self) -> float:
        """The probability from which acting is cheaper than not acting.

        Source: Elkan (2001), "The Foundations of Cost-Sensitive Learning", equation 2.
        """
        return self.false_alarm / (self.false_alarm + self.miss)


class Problem(BaseModel, frozen=True, extra="forbid"):
    """The section `problem` of params.yaml; it is stored with the model."""

    name: str
    question: str
    decision: str
    costs: Costs = Costs()


class Prediction(BaseModel, protected_namespaces=()):
    """`decision` is whether to act; `unseen` lists columns with a category not seen in training."""

    probability: float
    decision: bool
    threshold: float
    unseen: list[str]
    model_version: str


def prediction(
    probability: float, rule: dict[str, float], unseen: list[str], version: str
) -> Prediction:
    """Return the response of the service for one row."""
    threshold = rule["threshold"]
    return Prediction(
        probability=probability,
        decision=probability >= threshold,
        threshold=threshold,
        unseen=unseen,
        model_version=version,
    )


def decision_rule(problem: Problem, *_validation: Floats) -> dict[str, float]:
    """Return the parameters that turn a probability into a decision; the bundle stores them."""
    return {"threshold": problem.costs.threshold}


def truth(target: Any) -> Floats:  # noqa: ANN401 (a column of pandas)
    """Return 1 for True and 0 for False, shape (n_rows,)."""
    return np.asarray(target, dtype=np.float64)


def from_onnx(outputs: list[Any]) -> Floats:
    """Return the probability of True, shape (n_rows,), from the outputs of ONNX Runtime."""
    return np.asarray(outputs[-1][:, 1], np.float64)


def from_sklearn(model: Any, inputs: Any) -> Floats:  # noqa: ANN401 (a pipeline, a frame)
    """Return the probability of True, shape (n_rows,), from a fitted pipeline."""
    return np.asarray(model.predict_proba(inputs)[:, 1])


def dummy(truth: Floats, n_rows: int) -> Floats:
    """Return the baseline that always predicts the share of True in `truth`, shape (n_rows,)."""
    return np.full(n_rows, truth.mean())


def row_metrics(truth: Floats, probabilities: Floats, problem: Problem) -> dict[str, Floats]:
    """Return the metrics of each row, shape (n_rows,); models are compared by their means."""
    proper = np.clip(probabilities, 1e-7, 1 - 1e-7)  # a probability of 0 could give infinite loss
    acts = probabilities >= problem.costs.threshold
    return {
        "log_loss": -np.log(np.where(truth == 1, proper, 1 - proper)),
        "cost_per_1000": 1000 * cost(truth, acts, problem),
    }


def cost(truth: Floats, acts: npt.NDArray[np.bool_], problem: Problem) -> Floats:
    """Return what each decision costs, shape (n_rows,), in the unit of the costs."""
    costs = problem.costs
    paid: Floats = (acts & (truth == 0)) * costs.false_alarm + (~acts & (truth == 1)) * costs.miss
    return paid


def metrics(truth: Floats, probabilities: Floats, problem: Problem) -> dict[str, float]:
    """Return every metric of TITLES; costs are in the unit of `problem`."""
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    means = row_metrics(truth, probabilities, problem)
    return {
        "roc_auc": float(roc_auc_score(truth, probabilities)),
        "average_precision": float(average_precision_score(truth, probabilities)),
        "brier": float(brier_score_loss(truth, probabilities)),
        **{name: float(values.mean()) for name, values in means.items()},
    }


def headline(metrics: dict[str, dict[str, float]], dummy: Floats, problem: Problem) -> str:
    """Return a sentence on the costs with and without a model; on the quality if there are none."""
    if not problem.costs.unit:
        ours, theirs = metrics["model"][LOSS], metrics["dummy"][LOSS]
        return f"The log loss is {ours:.3f} with the model and {theirs:.3f} without one."
    ours, theirs = metrics["model"][HEADLINE], metrics["dummy"][HEADLINE]
    without = "acting on every row" if dummy[0] >= problem.costs.threshold else "never acting"
    return (
        f"1,000 decisions cost {ours:,.0f} {problem.costs.unit} with the model and {theirs:,.0f} "
        f"without one ({without}): {ours / theirs - 1:+.0%}."
    )
