from datetime import datetime
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from predictor.contract import TimePart
from predictor.moments import time_parts

MOMENTS = pd.Series(pd.date_range("1968-02-28 23:59", "2032-03-01", freq="37h59min"))
DT = MOMENTS.dt
EXPECTED = {
    "month": DT.month,
    "day": DT.day,
    "weekday": DT.day_of_week,
    "hour": DT.hour,
    "minute_of_day": DT.hour * 60 + DT.minute,
    "day_of_year": DT.day_of_year,
}


@pytest.mark.parametrize("part", get_args(TimePart))
def test_every_time_part_equals_the_one_of_pandas(part: TimePart) -> None:
    listed = [moment.to_pydatetime() for moment in MOMENTS]
    for values in (MOMENTS, listed):
        np.testing.assert_array_equal(time_parts(values, (part,))[0], EXPECTED[part])


def test_the_parts_of_a_missing_time_are_missing() -> None:
    time = datetime(2024, 5, 6, 7, 8)  # noqa: DTZ001 (local time without an offset)
    assert time_parts([time, None], ("hour", "month")) == [[7, None], [5, None]]
    hour, month = time_parts(pd.Series([time, None]), ("hour", "month"))
    np.testing.assert_array_equal([hour, month], [[7, np.nan], [5, np.nan]])
