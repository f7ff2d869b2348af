"""What the test set is, and which parts of a time are features."""

from dataclasses import dataclass

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from predictor.errors import PredictorError

TEST_SHARE = 0.2
ENOUGH = 500  # test rows from which an interval of a difference is narrow enough
ENOUGH_OF_A_CLASS = 100
BLOCKS = {"D": 86_400, "h": 3_600, "min": 60, "s": 1}  # seconds
PERIODS = {"%Y-%m": 28 * 86_400, "%Y-%m-%d": 86_400, "%Y-%m-%dT%H": 3_600, "%Y-%m-%dT%H%M": 60}


@dataclass(frozen=True)
class TimeSplit:
    """Parameters of `split.py` by time: `test_days` before the end are the test set."""

    test_days: float
    period: str  # strftime: one file of raw data for each
    last: str  # the period of the newest rows
    block: str  # frequency of pandas: these rows stay together
    is_test: pd.Series


def split_by_time(times: pd.Series, target: pd.Series) -> TimeSplit:
    """Choose the newest rows with enough of each class; at most 40 % of the rows."""
    span = (times.max() - times.min()).total_seconds()
    block = next((name for name, seconds in BLOCKS.items() if span >= 20 * seconds), None)
    if block is None:
        raise PredictorError(
            "The times span less than 20 seconds, so the rows cannot be split by time: "
            "use `--time none`."
        )
    floored = times.dt.floor(block)
    for share in (TEST_SHARE, 0.3, 0.4):
        first = floored[times >= times.quantile(1 - share)].min()
        if enough(target, times >= times.quantile(1 - share)):
            break
    if first == floored.min():
        raise PredictorError("Most rows have the same time and cannot be split: `--time none`.")
    after = floored.max() + pd.Timedelta(seconds=BLOCKS[block])
    days = (after - first) / pd.Timedelta(days=1)
    period = next((name for name, seconds in PERIODS.items() if span >= 2 * seconds), "%Y-%m")
    days = int(days) if days == int(days) else days
    return TimeSplit(days, period, times.max().strftime(period), block, floored >= first)


def enough(target: pd.Series, rows: pd.Series) -> bool:
    """Return whether these rows are enough to see a difference between two models."""
    if is_numeric_dtype(target) and not is_bool_dtype(target):
        return bool(rows.sum() >= min(ENOUGH, len(target) // 5))
    counts, wanted = target[rows].value_counts(), target.value_counts()
    return all(
        counts.get(name, 0) >= min(ENOUGH_OF_A_CLASS, total // 5) for name, total in wanted.items()
    )


def calendar_parts(times: pd.Series) -> tuple[str, ...]:
    """Return the parts of a time that its values can teach; a month needs two years of data."""
    span, days = times.max() - times.min(), times.dt.normalize().nunique()
    taught = {
        "month": times.dt.month.nunique() == 12 and span >= pd.Timedelta(days=730),
        "weekday": times.dt.day_of_week.nunique() > 2 and days >= 14,
        "minute_of_day": times.dt.strftime("%H%M").nunique() > 2,
    }
    return tuple(name for name, is_taught in taught.items() if is_taught)
