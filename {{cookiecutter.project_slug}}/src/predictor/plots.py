"""The calibration and cost curves on the test rows: `reports/curves.svg`."""

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure

from predictor.bundle import Metadata
from predictor.comparison import calibration
from predictor.task import Floats, cost


def draw(path: Path, truth: Floats, probabilities: Floats, metadata: Metadata) -> dict[str, int]:
    """Draw the calibration and the cost for each threshold; count bins that are calibrated."""
    problem, chosen = metadata.problem, metadata.rule["threshold"]
    thresholds, bins = np.linspace(0, 1, 101), calibration(truth, probabilities)
    costs = [1000 * cost(truth, probabilities >= each, problem).mean() for each in thresholds]
    with style.context("predictor.plots"):
        figure = Figure()
        left, right = figure.subplots(1, 2)
        left.plot("predicted", "observed", "o-", data=bins)
        left.vlines("predicted", "low", "high", data=bins)
        left.axline((0, 0), slope=1, color="C1", linestyle=":")
        left.set(title="Calibration", xlabel="Predicted probability", ylabel="Observed share")
        right.plot(thresholds, costs)
        right.axvline(chosen, color="C1", linestyle=":", label=f"threshold {chosen:.2g}")
        right.legend()
        right.set(title="Cost of 1,000 decisions", xlabel="Decision threshold")
        right.set(ylabel=problem.costs.unit or "wrong decisions", ylim=(0, None))
        figure.savefig(path, metadata={"Date": None})
    inside = int(bins["predicted"].between(bins["low"], bins["high"]).sum())
    return {"bins": len(bins), "inside": inside}
