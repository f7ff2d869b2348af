"""How long one row takes, measured side by side."""

import time
from collections.abc import Sequence
from statistics import median

import numpy as np
import pandas as pd

from predictor.bundle import Bundle

ROWS = 200
Row = dict[str, list[object]]


def medians(bundles: Sequence[Bundle], rows: pd.DataFrame) -> list[float]:
    """Return the median milliseconds that each bundle takes for one row.

    Every bundle gets every row in turn, so that a busy machine slows all of them alike.
    """
    positions = np.linspace(0, len(rows) - 1, ROWS).astype(int)
    asked = [_row(rows, at) for at in positions]
    for bundle in bundles:
        bundle.predict(asked[0])  # the first call pays for what later ones find ready
    taken: list[list[float]] = [[] for _ in bundles]
    for row in asked:
        for bundle, times in zip(bundles, taken, strict=True):
            times.append(_milliseconds(bundle, row))
    return [median(times) for times in taken]


def _milliseconds(bundle: Bundle, row: Row) -> float:
    start = time.perf_counter()
    bundle.predict(row)
    return 1000 * (time.perf_counter() - start)


def _row(rows: pd.DataFrame, at: int) -> Row:
    return {str(name): [rows[name].iloc[at]] for name in rows.columns}
