from datetime import datetime
from typing import get_args

import numpy as np
import pandas as pd
import tables

from predictor.contract import Contract, TimePart
from predictor.encoding import MISSING, encode, time_parts


def test_every_time_part_equals_the_one_of_pandas() -> None:
    moments = pd.Series(pd.date_range("1968-02-28 23:59", "2032-03-01", freq="37h59min"))
    dt = moments.dt
    expected = {
        "month": dt.month,
        "day": dt.day,
        "weekday": dt.day_of_week,
        "hour": dt.hour,
        "minute_of_day": dt.hour * 60 + dt.minute,
        "day_of_year": dt.day_of_year,
    }
    for part in get_args(TimePart):
        np.testing.assert_array_equal(time_parts(moments, (part,))[0], expected[part])


def test_a_frame_and_lists_of_python_values_encode_alike(contract: Contract) -> None:
    frame = tables.rows(50)
    listed = frame.astype(object).where(frame.notna(), None).to_dict(orient="list")
    listed["read at"] = [moment.to_pydatetime() for moment in frame["read at"]]
    from_frame, from_lists = encode(contract, frame), encode(contract, listed)
    np.testing.assert_array_equal(from_frame.numbers, from_lists.numbers)
    np.testing.assert_array_equal(from_frame.categories, from_lists.categories)


def test_missing_values_are_nan_and_one_reserved_name(contract: Contract) -> None:
    row = {
        "read at": [datetime(2024, 1, 1, 0, 5)],  # noqa: DTZ001 (local time without an offset)
        "pressure": [None],
        "class": ["A"],
        "größe": [None],
        "is.open": [True],
    }
    inputs = encode(contract, row)
    np.testing.assert_array_equal(inputs.numbers, [[0, 5, np.nan, 1]])
    assert inputs.categories.tolist() == [["A", MISSING]]
