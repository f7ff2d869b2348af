"""Predicted values and their errors on the test rows: `reports/curves.svg`."""

from pathlib import Path

from matplotlib import style
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from predictor.bundle import Metadata
from predictor.task import Floats

COUNTS = LinearSegmentedColormap.from_list("counts", ["#4a8bd640", "#4a8bd6"])


def draw(path: Path, truth: Floats, values: Floats, metadata: Metadata) -> dict[str, int]:
    """Draw observed against predicted values, and the errors; count rows inside the interval."""
    unit, width = metadata.problem.unit, metadata.rule["half_width"]
    inside = int((abs(truth - values) <= width).sum())
    promised = f"{metadata.rule['coverage']:.0%} interval"
    with style.context("predictor.plots"):
        figure = Figure()
        left, right = figure.subplots(1, 2)
        left.hexbin(values, truth, gridsize=40, mincnt=1, cmap=COUNTS, bins="log", linewidths=0)
        middle = truth.mean()
        left.axline((middle, middle), slope=1, color="C1", linestyle=":")
        for side in (-width, width):
            left.axline((middle, middle + side), slope=1, color="C1", linewidth=0.8)
        left.set(title=f"Predicted values, with the {promised}", xlabel=f"Predicted, {unit}")
        left.set(ylabel="Observed")
        right.hist(truth - values, bins=40)
        right.axvline(0, color="C1", linestyle=":")
        right.set(title="Errors", xlabel=f"Observed - predicted, {unit}", ylabel="Rows")
        figure.savefig(path, metadata={"Date": None})
    return {"rows": len(truth), "inside": inside}
