"""The calibration curve and the confusion matrix on the test rows: `reports/curves.svg`."""

from pathlib import Path

from matplotlib import style
from matplotlib.figure import Figure
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import ConfusionMatrixDisplay

from predictor.task import CLASSES, Floats, Problem

INK, GREY = "#4a8bd6", "#848a93"
# Grey text and no background: the picture is readable on light and on dark pages.
STYLE = {
    **dict.fromkeys(["axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color"], GREY),
    **dict.fromkeys(["axes.spines.top", "axes.spines.right", "text.parse_math"], False),
    "ytick.color": GREY,
    "svg.hashsalt": "predictor",  # the same numbers give the same file
}


def draw(path: Path, truth: Floats, probabilities: Floats, _: Problem) -> None:
    """Draw the calibration of the decisions, and how often classes are confused, on n test rows."""
    decisions = probabilities.argmax(axis=1)
    with style.context(STYLE):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        CalibrationDisplay.from_predictions(
            decisions == truth, probabilities.max(axis=1), ax=left, color=INK, ref_line=False
        )
        left.axline((0, 0), slope=1, color=GREY, linestyle=":")
        left.legend().remove()
        left.set(title="Calibration", xlabel="Probability of the decision", ylabel="Share right")
        ConfusionMatrixDisplay.from_predictions(
            truth,
            decisions,
            labels=range(len(CLASSES)),
            display_labels=CLASSES,
            normalize="true",
            include_values=len(CLASSES) <= 10,
            xticks_rotation="vertical",
            cmap="Blues",
            ax=right,
        )
        right.set(title="Share of each class", xlabel="Decision", ylabel="Class")
        figure.savefig(path, transparent=True, metadata={"Date": None})
