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

from predictor.bundle import Interval
from predictor.contract import Contract, Costs
from predictor.data.targets import Outputs, Truth
from predictor.evaluation.report import Metrics

Probabilities = npt.NDArray[np.floating]  # (n_rows,), of the positive label

ROWS_PER_BIN = 50
SMALLEST = 1e-7  # a probability of 0 would make the log loss infinite


def measure(
    contract: Contract, truth: Truth, outputs: Outputs, bins: int, interval: Interval | None = None
) -> Metrics:
    """Return every metric of the task by name; `bins` are those of the calibration.

    Few rows get fewer bins, or chance alone would look like bad calibration. A regression is
    calibrated if its `interval` keeps what it promises; without one there is nothing to measure.
    """
    bins = min(bins, max(1, len(truth) // ROWS_PER_BIN))
    match contract.task, contract.costs:
        case "binary", Costs() as costs:
            return binary(truth, outputs[:, 0], costs, bins)
        case "multiclass", _:
            return multiclass(truth, outputs, bins)
        case _:
            return regression(truth, outputs[:, 0], interval)


def binary(truth: Truth, probabilities: Probabilities, costs: Costs, bins: int) -> Metrics:
    """Return ranking, calibration and cost; `cost_per_1000` is in the unit of the costs."""
    return {
        "roc_auc": float(roc_auc_score(truth, probabilities)),
        "average_precision": float(average_precision_score(truth, probabilities)),
        "brier": float(brier_score_loss(truth, probabilities)),
        "log_loss": _log_loss(truth, _per_class(probabilities[:, None])),
        "calibration_error": calibration_error(truth, probabilities, bins),
        "cost_per_1000": cost_per_1000(truth, probabilities, costs),
    }


def multiclass(truth: Truth, outputs: Outputs, bins: int) -> Metrics:
    """Return the quality of the most probable class and of all probabilities.

    The calibration error is that of the most probable class.
    """
    classes = np.arange(outputs.shape[1])
    chosen = outputs.argmax(axis=1)
    return {
        "macro_f1": float(
            f1_score(truth, chosen, average="macro", labels=classes, zero_division=0)
        ),
        "accuracy": float(accuracy_score(truth, chosen)),
        "log_loss": _log_loss(truth, outputs),
        "calibration_error": calibration_error(
            (truth == chosen).astype(float), outputs.max(axis=1), bins
        ),
    }


def regression(
    truth: Truth, values: npt.NDArray[np.floating], interval: Interval | None
) -> Metrics:
    """Return errors in the unit of the target, and the share of variance explained.

    The calibration error is the gap between the coverage that the interval states and the share
    of the truths inside it.
    """
    metrics = {
        "mae": float(mean_absolute_error(truth, values)),
        "rmse": float(root_mean_squared_error(truth, values)),
        "r2": float(r2_score(truth, values)),
    }
    if interval is None:
        return metrics
    inside = float(np.mean(np.abs(truth - values) <= interval.half_width))
    return metrics | {"calibration_error": abs(interval.coverage - inside)}


def row_losses(contract: Contract, truth: Truth, outputs: Outputs) -> Truth:
    """Return what each row adds to the loss, shape (n_rows,): a log loss or a squared error.

    The loss of the task is their mean, or for a regression the root of it.
    """
    if contract.task == "regression":
        errors: Truth = truth - outputs[:, 0]
        return np.square(errors)
    probabilities = _proper(_per_class(outputs) if contract.task == "binary" else outputs)
    losses: Truth = -np.log(probabilities[np.arange(len(truth)), truth.astype(int)])
    return losses


def loss(contract: Contract, truth: Truth, outputs: Outputs) -> float:
    """Return the loss of the task alone, which also exists where only one class does."""
    match contract.task:
        case "binary":
            return _log_loss(truth, _per_class(outputs))
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
    return float(1000 * row_costs(truth, probabilities, costs).mean())


def row_costs(truth: Truth, probabilities: Probabilities, costs: Costs) -> Truth:
    """Return the cost of each decision at the threshold that the costs imply, shape (n_rows,)."""
    acts, is_positive = probabilities >= costs.threshold, truth == 1
    paid: Truth = (acts & ~is_positive) * costs.false_alarm + (~acts & is_positive) * costs.miss
    return paid


def interval_of(
    contract: Contract, truth: Truth, outputs: Outputs, coverage: float
) -> Interval | None:
    """Return how far the truth lies from what was answered; only a regression has an interval."""
    if contract.task != "regression":
        return None
    half_width = interval_half_width(truth, outputs[:, 0], coverage)
    return Interval(coverage=coverage, half_width=half_width)


def interval_half_width(truth: Truth, values: npt.NDArray[np.floating], coverage: float) -> float:
    """Return the distance that the share `coverage` of errors on unseen rows does not exceed.

    Source: split conformal prediction, Lei et al. (2018), doi:10.1080/01621459.2017.1307116.
    """
    errors = np.sort(np.abs(truth - values))
    rank = int(np.ceil((len(errors) + 1) * coverage)) - 1
    return float(errors[min(rank, len(errors) - 1)])


def _log_loss(truth: Truth, probabilities: Outputs) -> float:
    proper = _proper(probabilities)
    return float(log_loss(truth, proper, labels=np.arange(proper.shape[1])))


def _proper(probabilities: Outputs) -> Truth:
    clipped = np.clip(probabilities.astype(float), SMALLEST, None)
    proper: Truth = clipped / clipped.sum(axis=1, keepdims=True)
    return proper


def _per_class(outputs: Outputs) -> Outputs:
    return np.column_stack([1 - outputs[:, 0], outputs[:, 0]])
