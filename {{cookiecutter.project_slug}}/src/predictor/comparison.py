"""The difference between two models on the same test rows, with a confidence interval.

Source: the paired percentile bootstrap, Efron and Tibshirani (1993), "An Introduction to the
Bootstrap", chapters 8 and 13.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pydantic import BaseModel
from scipy.stats import beta, bootstrap

from predictor.errors import PredictorError
from predictor.params import Evaluate
from predictor.split import Groups
from predictor.task import Floats


@dataclass(frozen=True)
class Difference:
    """The mean of a metric over the rows, ours and a rival's; lower is better.

    [`low`, `high`] is the confidence interval of `ours - theirs`; `over` is what was resampled.
    """

    rival: str
    metric: str
    ours: float
    theirs: float
    low: float
    high: float
    confidence: float
    over: str

    def __str__(self) -> str:
        return (
            f"{self.metric} {self.ours:.4g} against {self.theirs:.4g} for {self.rival}, "
            f"difference {self.ours - self.theirs:+.3g} [{self.low:+.3g}, {self.high:+.3g}] "
            f"({self.confidence:.0%} interval over {self.over})"
        )


@dataclass(frozen=True)
class Slice:
    """The means of the metrics over the test rows where `column` is `value`; lower is better."""

    column: str
    value: str
    rows: int
    model: dict[str, float]
    dummy: dict[str, float]
    excess: float  # of the loss, as a share of the dummy's


class Evaluation(BaseModel):
    """`reports/evaluation.json`: a bundle and two baselines on the same test rows."""

    bundle: str
    test_version: str
    rows: int
    first: date | None
    last: date | None
    model: dict[str, float]
    linear: dict[str, float]
    dummy: dict[str, float]
    headline: str
    differences: list[Difference]
    slices: list[Slice]  # the worst first
    calibration: dict[str, int]  # counts of bins or rows
    training: str

    def difference(self, rival: str, metric: str) -> Difference:
        """Return the comparison with one rival by one metric."""
        keys = [(each.rival, each.metric) for each in self.differences]
        return self.differences[keys.index((rival, metric))]


def compare(
    rival: str, metric: str, pair: tuple[Floats, Floats], groups: Groups, params: Evaluate
) -> Difference:
    """Compare the means of a metric of each row, a pair (ours, theirs) of shape (n_rows,).

    The rows of a group are resampled together.
    """
    codes, over = groups
    # The sums of a group are enough, and there are far fewer groups than rows.
    sums, sizes = np.bincount(codes, weights=pair[0] - pair[1]), np.bincount(codes)
    if len(sizes) < 2:
        raise PredictorError(f"The test rows cover {over}, but an interval needs at least two.")
    low, high = bootstrap(
        (sums, sizes),
        lambda sums, sizes, axis: sums.sum(axis) / sizes.sum(axis),
        paired=True,
        method="percentile",
        n_resamples=params.resamples,
        batch=100,  # a larger batch needs more memory and is not faster
        confidence_level=params.confidence,
        rng=20130101,
    ).confidence_interval
    ours, theirs = (float(each.mean()) for each in pair)
    return Difference(rival, metric, ours, theirs, low, high, params.confidence, over)


def calibration(truth: Floats, probabilities: Floats) -> pd.DataFrame:
    """Return `predicted`, `observed`, `rows`, `low` and `high` of ten bins; ties are in one bin.

    [`low`, `high`] is the 95% Jeffreys interval of the observed share, if rows are independent.
    Source: Brown, Cai and DasGupta (2001), "Interval Estimation for a Binomial Proportion".
    """
    table = pd.DataFrame({"predicted": probabilities, "observed": truth})
    bins = table.groupby((table["predicted"].rank(method="min") - 1) * 10 // len(table))
    cases, rows = bins["observed"].sum(), bins.size()
    low, high = beta.ppf([[0.025], [0.975]], cases + 0.5, rows - cases + 0.5)
    return bins.mean().assign(rows=rows, low=low, high=high)
