"""What a model learns from a local time: its month, its weekday, its hour ..."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from predictor.contract import TimePart

Floats = npt.NDArray[np.float32]
Times = npt.NDArray[np.datetime64]
Integers = npt.NDArray[np.int64]


def time_parts(
    values: Any,  # noqa: ANN401 (a list, or a column of pandas)
    parts: tuple[TimePart, ...],
) -> list[Floats] | list[list[int | None]]:
    """Split n local timestamps into n numbers per part; a missing one has NaN, in a list None.

    Weekdays count from Monday = 0; months, days and days of the year from 1. A list of `datetime`
    or None gives lists: for the one row of a request that takes a tenth of the time.
    """
    if isinstance(values, list):
        return [_of_moments(_PARTS[part].of_moment, values) for part in parts]
    times = np.asarray(values, dtype="datetime64[s]")
    absent = np.isnat(times)
    found = [_PARTS[part].of_times(times).astype(np.float32) for part in parts]
    for floats in found:
        floats[absent] = np.nan
    return found


def _of_moments(
    part: Callable[[datetime], int], moments: Sequence[datetime | None]
) -> list[int | None]:
    return [None if moment is None else part(moment) for moment in moments]


def _count(times: Times, unit: str) -> Integers:
    """Return how many whole units have passed since 1970 began, a Thursday."""
    return times.astype(f"datetime64[{unit}]").astype(np.int64)


def _days_since(times: Times, unit: str) -> Integers:
    start = times.astype(f"datetime64[{unit}]").astype("datetime64[D]")
    passed: npt.NDArray[np.timedelta64] = times.astype("datetime64[D]") - start
    return passed.astype(np.int64)


class _Part(NamedTuple):
    """The same of one moment and of an array of them."""

    of_moment: Callable[[datetime], int]
    of_times: Callable[[Times], Integers]


_PARTS: dict[TimePart, _Part] = {
    "month": _Part(lambda moment: moment.month, lambda times: _count(times, "M") % 12 + 1),
    "day": _Part(lambda moment: moment.day, lambda times: _days_since(times, "M") + 1),
    "weekday": _Part(datetime.weekday, lambda times: (_count(times, "D") + 3) % 7),
    "hour": _Part(lambda moment: moment.hour, lambda times: _count(times, "h") % 24),
    "minute_of_day": _Part(
        lambda moment: 60 * moment.hour + moment.minute, lambda times: _count(times, "m") % 1440
    ),
    "day_of_year": _Part(
        lambda moment: moment.timetuple().tm_yday, lambda times: _days_since(times, "Y") + 1
    ),
}
