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


def test_inputs_have_a_row_each_and_a_column_for_every_name_of_the_contract(
    contract: Contract,
) -> None:
    for n in (0, 1, 3):
        inputs = encode(contract, tables.rows(3).head(n))
        assert inputs.numbers.shape == (n, len(contract.numbers))
        assert inputs.categories.shape == (n, len(contract.categories))
        assert inputs.numbers.dtype == np.float32
        assert inputs.numbers.flags.c_contiguous


def test_without_a_kind_of_column_its_matrix_has_no_columns(contract: Contract) -> None:
    rows, only = tables.rows(3), contract.model_copy
    names = only(update={"columns": {"class": contract.columns["class"]}})
    floats = only(update={"columns": {"pressure": contract.columns["pressure"]}})
    assert encode(names, rows).numbers.shape == (3, 0)
    assert encode(floats, rows).categories.shape == (3, 0)
    np.testing.assert_array_equal(encode(floats, rows).numbers[:, 0], rows["pressure"].astype("f4"))


def test_the_parts_of_a_missing_time_are_missing() -> None:
    hour, month = time_parts(["2024-05-06T07:08", None], ("hour", "month"))
    np.testing.assert_array_equal([hour, month], [[7, np.nan], [5, np.nan]])
