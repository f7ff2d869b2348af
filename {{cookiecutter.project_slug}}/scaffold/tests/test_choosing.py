import numpy as np
import pandas as pd
import pytest

from predictor.errors import PredictorError
from scaffold.choosing import calendar_parts, enough, split_by_time


def days(first: str, n: int, every: str = "D") -> pd.Series:
    return pd.Series(pd.date_range(first, periods=n, freq=every))


def test_a_month_of_rows_is_split_by_days() -> None:
    times = days("2024-01-01", 310, "144min")
    split = split_by_time(times, pd.Series(np.random.default_rng(0).normal(size=310)))
    assert (split.block, split.period, split.last) == ("D", "%Y-%m-%d", "2024-01-31")
    assert split.test_days == 7
    assert split.is_test.equals(times >= pd.Timestamp("2024-01-25"))


def test_a_rare_class_gets_a_longer_test_period() -> None:
    rows = 4000
    times = days("2024-01-01", rows, "h")
    early = pd.Series(np.arange(rows) < 300)
    even = pd.Series(np.arange(rows) % 40 == 0)
    assert split_by_time(times, even).test_days < split_by_time(times, early).test_days
    assert not enough(early, times > times.quantile(0.8))


def test_rows_of_a_few_seconds_have_no_split_by_time() -> None:
    times = days("2024-01-01", 15, "s")
    with pytest.raises(PredictorError, match="use `--time none`"):
        split_by_time(times, pd.Series(range(15)))


def test_rows_that_mostly_have_one_time_have_no_split_by_time() -> None:
    times = pd.concat([days("2024-01-01", 1)] * 300 + [days("2024-01-02", 30)], ignore_index=True)
    with pytest.raises(PredictorError, match="Most rows have the same time"):
        split_by_time(times, pd.Series(range(330)))


def test_numbers_need_500_rows() -> None:
    target, at = pd.Series(np.random.default_rng(0).normal(size=4000)), pd.Series(range(4000))
    assert [enough(target, at >= first) for first in (3000, 3600)] == [True, False]


@pytest.mark.parametrize(
    ("times", "parts"),
    [
        (days("2024-01-01", 60), ("weekday",)),
        (days("2024-01-01", 366), ("weekday",)),
        (days("2022-01-01", 800), ("month", "weekday")),
        (days("2024-01-01", 300, "h"), ("minute_of_day",)),
        (pd.Series(pd.to_datetime(["2001-01-01", "2002-01-01", "2003-01-01"])), ()),
    ],
    ids=["two months", "one year", "two years", "twelve days of hours", "only 1 January"],
)
def test_calendar_parts_are_those_that_the_span_can_teach(
    times: pd.Series, parts: tuple[str, ...]
) -> None:
    assert calendar_parts(times) == parts
