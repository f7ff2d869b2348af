"""How good answers are, task by task.

Truth has the shape (n_rows,), answers the shape (n_rows, n_outputs); see `targets.truth`.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from predictor.contract import Contract, Costs
from predictor.evaluation import Metrics
from predictor.targets import Outputs, Truth

Probabilities = npt.NDArray[np.floating]  # (n_rows,), of the positive label

SMALLEST = 1e-7  # a probability of 0 would make the log loss infinite


def measure(contract: Contract, truth: Truth, outputs: Outputs, bins: int) -> Metrics:
    """Return every metric of the task by name; `bins` are those of the calibration."""
    match contract.task, contract.costs:
        case "binary", Costs() as costs:
            return binary(truth, outputs[:, 0], costs, bins)
        case "multiclass", _:
            return multiclass(truth, outputs)
        case _:
            return regression(truth, outputs[:, 0])


def binary(truth: Truth, probabilities: Probabilities, costs: Costs, bins: int) -> Metrics:
    """Return ranking, calibration and cost; `cost_per_1000` is in the unit of the costs."""
    return {
        "roc_auc": float(roc_auc_score(truth, probabilities)),
        "average_precision": float(average_precision_score(truth, probabilities)),
        "brier": float(brier_score_loss(truth, probabilities)),
        "log_loss": _log_loss(truth, np.column_stack([1 - probabilities, probabilities])),
        "calibration_error": calibration_error(truth, probabilities, bins),
        "cost_per_1000": cost_per_1000(truth, probabilities, costs),
    }


def multiclass(truth: Truth, outputs: Outputs) -> Metrics:
    """Return the quality of the most probable class and of all probabilities."""
    classes = np.arange(outputs.shape[1])
    chosen = outputs.argmax(axis=1)
    return {
        "macro_f1": float(
            f1_score(truth, chosen, average="macro", labels=classes, zero_division=0)
        ),
        "accuracy": float(accuracy_score(truth, chosen)),
        "log_loss": _log_loss(truth, outputs),
    }


def regression(truth: Truth, values: npt.NDArray[np.floating]) -> Metrics:
    """Return errors in the unit of the target, and the share of variance explained."""
    return {
        "mae": float(mean_absolute_error(truth, values)),
        "rmse": float(root_mean_squared_error(truth, values)),
        "r2": float(r2_score(truth, values)),
    }


def loss(contract: Contract, truth: Truth, outputs: Outputs) -> float:
    """Return the loss of the task alone, which also exists where only one class does."""
    match contract.task:
        case "binary":
            return _log_loss(truth, np.column_stack([1 - outputs[:, 0], outputs[:, 0]]))
        case "multiclass":
            return _log_loss(truth, outputs)
        case "regression":
            return float(root_mean_squared_error(truth, outputs[:, 0]))


def calibration_error(truth: Truth, probabilities: Probabilities, bins: int) -> float:
    """Return the expected calibration error, 0 (best) to 1, over bins of equal size.

    Source: Naeini, Cooper and Hauskrecht (2015), "Obtaining Well Calibrated Probabilities Using
    Bayesian Binning".
    """
    curve = calibration_curve(truth, probabilities, bins)
    gap = (curve["predicted"] - curve["observed"]).abs()
    return float((gap * curve["rows"]).sum() / curve["rows"].sum())


def calibration_curve(truth: Truth, probabilities: Probabilities, bins: int) -> pd.DataFrame:
    """Return `predicted`, `observed` and `rows` of bins of equal size, predictions rising."""
    rank = np.argsort(np.argsort(probabilities, kind="stable"), kind="stable")
    frame = pd.DataFrame({"predicted": probabilities, "observed": truth})
    grouped = frame.groupby(rank * bins // len(frame))
    return grouped.mean().assign(rows=grouped.size())


def cost_per_1000(truth: Truth, probabilities: Probabilities, costs: Costs) -> float:
    """Return the mean cost of 1,000 decisions at the threshold that the costs imply."""
    acts, is_positive = probabilities >= costs.threshold, truth == 1
    false_alarms = np.mean(acts & ~is_positive) * costs.false_alarm
    misses = np.mean(~acts & is_positive) * costs.miss
    return float(1000 * (false_alarms + misses))


def interval_half_width(truth: Truth, values: npt.NDArray[np.floating], coverage: float) -> float:
    """Return the distance that the share `coverage` of errors on unseen rows does not exceed.

    Source: split conformal prediction, Lei et al. (2018), doi:10.1080/01621459.2017.1307116.
    """
    errors = np.sort(np.abs(truth - values))
    rank = int(np.ceil((len(errors) + 1) * coverage)) - 1
    return float(errors[min(rank, len(errors) - 1)])


def _log_loss(truth: Truth, probabilities: Outputs) -> float:
    clipped = np.clip(probabilities.astype(float), SMALLEST, None)
    proper = clipped / clipped.sum(axis=1, keepdims=True)
    return float(log_loss(truth, proper, labels=np.arange(proper.shape[1])))
