"""The calibration curve and the confusion matrix on the test rows: `reports/curves.svg`."""

from pathlib import Path

from matplotlib import style
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from predictor.bundle import Metadata
from predictor.comparison import calibration
from predictor.task import CLASSES, Floats


def draw(path: Path, truth: Floats, probabilities: Floats, _: Metadata) -> dict[str, int]:
    """Draw the calibration and the confused classes; count bins that are calibrated."""
    decisions = probabilities.argmax(axis=1)
    bins = calibration((decisions == truth).astype(float), probabilities.max(axis=1))
    with style.context("predictor.plots"):
        figure = Figure()
        left, right = figure.subplots(1, 2)
        left.plot("predicted", "observed", "o-", data=bins)
        left.vlines("predicted", "low", "high", data=bins)
        left.axline((0, 0), slope=1, color="C1", linestyle=":")
        left.set(title="Calibration, with 95% intervals", xlabel="Probability of the decision")
        left.set(ylabel="Share right")
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
        figure.savefig(path, metadata={"Date": None})
    inside = int(bins["predicted"].between(bins["low"], bins["high"]).sum())
    return {"bins": len(bins), "inside": inside}
