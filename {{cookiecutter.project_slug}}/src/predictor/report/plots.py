"""The curves of an exam: CSV for `dvc plots`, and one picture for the README."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix, roc_curve

from predictor.contract import Contract
from predictor.data.targets import Outputs, Truth
from predictor.evaluation.metrics import calibration_curve

POINTS = 200
INK, GUIDE = "#1f5fa8", "#8a8f98"


def write_plots(
    folder: Path, contract: Contract, truth: Truth, outputs: Outputs, bins: int
) -> None:
    """Write the CSV files of the task and `curves.png` for truth and answers of n rows."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    match contract.task:
        case "binary":
            _binary(folder, figure, truth, outputs[:, 0], bins)
        case "multiclass":
            _multiclass(folder, figure, truth, outputs, contract.target.classes)
        case "regression":
            _regression(folder, figure, truth, outputs[:, 0])
    figure.savefig(folder / "curves.png", dpi=110)


def _binary(folder: Path, figure: Figure, truth: Truth, probabilities: Outputs, bins: int) -> None:
    roc, calibration = _roc(truth, probabilities), calibration_curve(truth, probabilities, bins)
    _write(roc, folder / "roc.csv")
    _write(calibration, folder / "calibration.csv")
    left, right = figure.subplots(1, 2)
    left.plot(roc["false_positive_rate"], roc["true_positive_rate"], color=INK, linewidth=2)
    _square(left, "ROC curve", "false alarms among negatives", "found among positives", 0, 1)
    right.plot(calibration["predicted"], calibration["observed"], "o-", color=INK, linewidth=2)
    reach = 1.05 * float(calibration[["predicted", "observed"]].max().max())
    _square(right, "Calibration", "predicted probability", "observed share", 0, reach)


def _multiclass(
    folder: Path, figure: Figure, truth: Truth, outputs: Outputs, classes: tuple[str, ...]
) -> None:
    names, chosen = np.array(classes), outputs.argmax(axis=1)
    rows = pd.DataFrame({"actual": names[truth.astype(int)], "predicted": names[chosen]})
    _write(rows, folder / "confusion.csv")
    counts = confusion_matrix(truth, chosen, labels=np.arange(len(classes)))
    axes = figure.subplots()
    axes.imshow(counts, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        dark = count > counts.max() / 2
        axes.text(column, row, f"{count:,}", ha="center", color="white" if dark else "black")
    ticks = np.arange(len(classes))
    axes.set_xticks(ticks, classes)
    axes.set_yticks(ticks, classes)
    axes.set(title="Confusion", xlabel="predicted", ylabel="actual")


def _regression(folder: Path, figure: Figure, truth: Truth, values: Outputs) -> None:
    rows = pd.DataFrame({"predicted": values, "observed": truth}).sort_values("predicted")
    _write(rows, folder / "predicted.csv")
    left, right = figure.subplots(1, 2)
    left.scatter(rows["predicted"], rows["observed"], s=10, alpha=0.5, color=INK)
    low, high = float(rows.min().min()), float(rows.max().max())
    _square(left, "Predicted and observed", "predicted", "observed", low, high)
    right.hist(rows["observed"] - rows["predicted"], bins=30, color=INK)
    right.set(title="Errors", xlabel="observed minus predicted", ylabel="rows")
    right.spines[["top", "right"]].set_visible(False)


def _roc(truth: Truth, probabilities: Outputs) -> pd.DataFrame:
    false_positive, true_positive, _ = roc_curve(truth, probabilities)
    grid = np.linspace(0, 1, POINTS + 1)
    reached = np.interp(grid, false_positive, true_positive)
    return pd.DataFrame({"false_positive_rate": grid, "true_positive_rate": reached})


def _write(rows: pd.DataFrame, path: Path) -> None:
    rows.to_csv(path, index=False, lineterminator="\n", float_format="%.6g", encoding="utf-8")


def _square(axes: Axes, title: str, x_label: str, y_label: str, low: float, high: float) -> None:
    axes.plot([low, high], [low, high], "--", color=GUIDE, linewidth=1)
    axes.set(title=title, xlabel=x_label, ylabel=y_label, xlim=(low, high), ylim=(low, high))
    axes.set_aspect("equal")
    axes.spines[["top", "right"]].set_visible(False)
