"""ROC and calibration curves: CSV for `dvc plots`, one picture for the README."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from predictor.metrics import Labels, Probabilities, calibration_curve

POINTS = 200
INK, GUIDE = "#1f5fa8", "#8a8f98"


def write_plots(folder: Path, labels: Labels, probabilities: Probabilities, bins: int) -> None:
    """Write `roc.csv`, `calibration.csv` and `curves.png` for (n_rows,) labels and answers."""
    roc = _roc(labels, probabilities)
    calibration = calibration_curve(labels, probabilities, bins)
    roc.to_csv(folder / "roc.csv", index=False, lineterminator="\n", float_format="%.6g")
    calibration.to_csv(
        folder / "calibration.csv", index=False, lineterminator="\n", float_format="%.6g"
    )
    _draw(roc, calibration).savefig(folder / "curves.png", dpi=110)


def _roc(labels: Labels, probabilities: Probabilities) -> pd.DataFrame:
    false_positive, true_positive, _ = roc_curve(labels, probabilities)
    grid = np.linspace(0, 1, POINTS + 1)
    reached = np.interp(grid, false_positive, true_positive)
    return pd.DataFrame({"false_positive_rate": grid, "true_positive_rate": reached})


def _draw(roc: pd.DataFrame, calibration: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(roc["false_positive_rate"], roc["true_positive_rate"], color=INK, linewidth=2)
    _finish(left, "ROC curve", "false alarms among negatives", "found among positives", 1.0)
    right.plot(calibration["predicted"], calibration["observed"], "o-", color=INK, linewidth=2)
    reach = 1.05 * float(calibration[["predicted", "observed"]].max().max())
    _finish(right, "Calibration", "predicted probability", "observed share", reach)
    return figure


def _finish(axes: Axes, title: str, x_label: str, y_label: str, reach: float) -> None:
    axes.plot([0, reach], [0, reach], "--", color=GUIDE, linewidth=1)
    axes.set(title=title, xlabel=x_label, ylabel=y_label, xlim=(0, reach), ylim=(0, reach))
    axes.set_aspect("equal")
    axes.spines[["top", "right"]].set_visible(False)
