"""How good probabilities are. All take labels and probabilities of shape (n_rows,)."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from predictor.contract import Costs

Labels = npt.NDArray[np.bool_]
Probabilities = npt.NDArray[np.floating]


def measure(
    labels: Labels, probabilities: Probabilities, costs: Costs, bins: int
) -> dict[str, float]:
    """Return every metric by name; `cost_per_1000` is in the unit of the contract's costs."""
    return {
        "roc_auc": float(roc_auc_score(labels, probabilities)),
        "average_precision": float(average_precision_score(labels, probabilities)),
        "brier": float(brier_score_loss(labels, probabilities)),
        "log_loss": float(log_loss(labels, np.clip(probabilities, 1e-7, 1 - 1e-7))),
        "calibration_error": calibration_error(labels, probabilities, bins),
        "cost_per_1000": cost_per_1000(labels, probabilities, costs),
    }


def calibration_error(labels: Labels, probabilities: Probabilities, bins: int) -> float:
    """Return the expected calibration error, 0 (best) to 1, over bins of equal size.

    Source: Naeini, Cooper and Hauskrecht (2015), "Obtaining Well Calibrated Probabilities Using
    Bayesian Binning".
    """
    curve = calibration_curve(labels, probabilities, bins)
    gap = (curve["predicted"] - curve["observed"]).abs()
    return float((gap * curve["rows"]).sum() / curve["rows"].sum())


def calibration_curve(labels: Labels, probabilities: Probabilities, bins: int) -> pd.DataFrame:
    """Return `predicted`, `observed` and `rows` of bins of equal size, predictions rising."""
    rank = np.argsort(np.argsort(probabilities, kind="stable"), kind="stable")
    frame = pd.DataFrame({"predicted": probabilities, "observed": labels.astype(float)})
    grouped = frame.groupby(rank * bins // len(frame))
    return grouped.mean().assign(rows=grouped.size())


def cost_per_1000(labels: Labels, probabilities: Probabilities, costs: Costs) -> float:
    """Return the mean cost of 1,000 decisions at the threshold that the costs imply."""
    acts = probabilities >= costs.threshold
    false_alarms = np.mean(acts & ~labels) * costs.false_alarm
    misses = np.mean(~acts & labels) * costs.miss
    return float(1000 * (false_alarms + misses))
