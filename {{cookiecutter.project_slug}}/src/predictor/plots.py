"""The calibration and cost curves on the test rows: `reports/curves.svg`."""

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from sklearn.calibration import CalibrationDisplay

from predictor.task import Floats, Problem, cost

INK, GREY = "#4a8bd6", "#848a93"
# Grey text and no background: the picture is readable on light and on dark pages.
STYLE = {
    **dict.fromkeys(["axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color"], GREY),
    **dict.fromkeys(["axes.spines.top", "axes.spines.right", "text.parse_math"], False),
    "ytick.color": GREY,
    "svg.hashsalt": "predictor",  # the same numbers give the same file
}


def draw(path: Path, truth: Floats, probabilities: Floats, problem: Problem) -> None:
    """Draw the calibration curve, and the cost for each threshold, on n test rows."""
    thresholds, chosen = np.linspace(0, 1, 101), problem.costs.threshold
    costs = [1000 * cost(truth, probabilities >= each, problem).mean() for each in thresholds]
    with style.context(STYLE):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        CalibrationDisplay.from_predictions(
            truth, probabilities, n_bins=10, strategy="quantile", ax=left, color=INK, ref_line=False
        )
        left.axline((0, 0), slope=1, color=GREY, linestyle=":")
        left.legend().remove()
        left.set(title="Calibration", xlabel="Predicted probability", ylabel="Observed share")
        right.plot(thresholds, costs, color=INK)
        right.axvline(chosen, color=GREY, linestyle=":")
        right.annotate(f"threshold {chosen:.2g}", (chosen, 0), (4, 6), textcoords="offset points")
        right.set(title="Cost of 1,000 decisions", xlabel="Decision threshold")
        right.set(ylabel=problem.costs.unit or "wrong decisions", ylim=(0, None))
        figure.savefig(path, transparent=True, metadata={"Date": None})
