"""Predicted values and their errors on the test rows: `reports/curves.svg`."""

from pathlib import Path

from matplotlib import style
from matplotlib.figure import Figure

from predictor.task import Floats, Problem

INK, GREY = "#4a8bd6", "#848a93"
# Grey text and no background: the picture is readable on light and on dark pages.
STYLE = {
    **dict.fromkeys(["axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color"], GREY),
    **dict.fromkeys(["axes.spines.top", "axes.spines.right", "text.parse_math"], False),
    "ytick.color": GREY,
    "svg.hashsalt": "predictor",  # the same numbers give the same file
}


def draw(path: Path, truth: Floats, values: Floats, problem: Problem) -> None:
    """Draw observed against predicted values, and the distribution of the errors, on n rows."""
    with style.context(STYLE):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.hexbin(values, truth, gridsize=40, mincnt=1, cmap="Blues", bins="log")
        left.axline((truth.mean(), truth.mean()), slope=1, color=GREY, linestyle=":")
        left.set(title=problem.unit, xlabel="Predicted", ylabel="Observed")
        right.hist(truth - values, bins=40, color=INK)
        right.axvline(0, color=GREY, linestyle=":")
        right.set(title="Errors", xlabel=f"Observed - predicted, {problem.unit}", ylabel="Rows")
        figure.savefig(path, transparent=True, metadata={"Date": None})
