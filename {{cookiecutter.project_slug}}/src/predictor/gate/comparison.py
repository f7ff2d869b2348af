"""How two contenders differ on the same test rows, and how sure that is.

Source: the paired percentile bootstrap, Efron and Tibshirani (1993), "An Introduction to the
Bootstrap", chapters 8 and 13.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import bootstrap

from predictor.gate.exam import Difference

Floats = npt.NDArray[np.float64]
Mean = Callable[[Floats], Floats]

SEED = 20130101
BATCH = 100  # resamples at once: more would take more memory, not less time
FEWEST_DAYS = 10
MOST_GROUPS = 2000


@dataclass(frozen=True)
class Groups:
    """Which test rows are resampled together: `codes` has the shape (n_rows,), from 0 on."""

    codes: npt.NDArray[np.intp]
    unit: str


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are found; the same seed gives the same interval."""

    groups: Groups
    confidence: float
    resamples: int

    def difference(
        self, rival: str, measure: str, ours: Floats, theirs: Floats, of_mean: Mean
    ) -> Difference:
        """Compare two contenders by what each row costs them, shape (n_rows,).

        `of_mean` makes the measure of a mean over rows: the identity, or `np.sqrt` for an RMSE.
        """
        low, high = self._interval(ours, theirs, of_mean)
        return Difference(
            rival=rival,
            measure=measure,
            ours=float(of_mean(np.asarray(ours.mean()))),
            theirs=float(of_mean(np.asarray(theirs.mean()))),
            low=low,
            high=high,
            confidence=self.confidence,
            over=self.groups.unit,
        )

    def _interval(self, ours: Floats, theirs: Floats, of_mean: Mean) -> tuple[float, float]:
        codes = self.groups.codes
        # What a group adds up to is enough, and there are far fewer groups than rows.
        sums = [np.bincount(codes, weights=each) for each in (ours, theirs)]
        sizes = np.bincount(codes).astype(np.float64)
        if len(sizes) < 2:
            return -np.inf, np.inf  # one row, or one day, says nothing about another

        def statistic(ours: Floats, theirs: Floats, sizes: Floats, axis: int) -> Floats:
            rows = sizes.sum(axis)
            return of_mean(ours.sum(axis) / rows) - of_mean(theirs.sum(axis) / rows)

        found = bootstrap(
            (*sums, sizes),
            statistic,
            paired=True,
            vectorized=True,
            method="percentile",
            batch=BATCH,
            n_resamples=self.resamples,
            confidence_level=self.confidence,
            rng=np.random.default_rng(SEED),
        ).confidence_interval
        return float(found.low), float(found.high)


def group(times: pd.Series | None, n_rows: int) -> Groups:
    """Put the rows of one day together: they have much in common, and count for less than n rows.

    Without a time, or with days too few to resample, rows are on their own. Many of those are
    dealt out to groups of equal size, which spread as their rows do and take less time.
    """
    if times is None:
        return Groups(_dealt(n_rows), "rows")
    days, found = pd.factorize(times.dt.normalize())
    if len(found) < FEWEST_DAYS:
        return Groups(_dealt(n_rows), f"rows, as {len(found)} days are too few")
    return Groups(days, f"{len(found)} days")


def _dealt(n_rows: int) -> npt.NDArray[np.intp]:
    return np.arange(n_rows) % MOST_GROUPS
