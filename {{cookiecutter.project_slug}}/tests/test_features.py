from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from predictor import features
from predictor.features import CATEGORIES, MISSING, NUMBER_FEATURES, TIMES, encode


def test_a_frame_and_lists_give_the_same_inputs(rows: pd.DataFrame) -> None:
    lists = {name: rows[name].tolist() for name in features.KINDS}
    for name, inputs in encode(rows).items():
        np.testing.assert_array_equal(inputs, encode(lists)[name])


def test_inputs_have_one_column_for_each_feature(rows: pd.DataFrame) -> None:
    shapes = {name: inputs.shape for name, inputs in encode(rows).items()}
    expected = {"numbers": len(NUMBER_FEATURES), "categories": len(CATEGORIES)}
    assert shapes == {name: (len(rows), n) for name, n in expected.items() if n}


def test_missing_values_are_nan_or_one_category() -> None:
    gaps = {name: [None] for name in features.KINDS}
    inputs = encode(gaps)
    assert np.isnan(inputs.get("numbers", np.full((1, 1), np.nan))).all()
    assert (inputs.get("categories", np.array([MISSING])) == MISSING).all()


@pytest.mark.parametrize(
    ("part", "expected"),
    [("month", 2), ("day", 28), ("weekday", 3), ("minute_of_day", 1439)],
)
def test_calendar_parts_of_a_thursday_night(part: str, expected: int) -> None:
    moment = datetime(2013, 2, 28, 23, 59)
    assert features.CALENDAR_PARTS[part](moment) == expected
    assert features.CALENDAR_PARTS[part](pd.Timestamp(moment)) == expected


def test_a_missing_time_has_no_calendar_parts(rows: pd.DataFrame) -> None:
    for name in TIMES:
        rows.loc[0, name] = pd.NaT
        first = [at for at, each in enumerate(NUMBER_FEATURES) if each.startswith(f"{name}.")]
        assert np.isnan(encode(rows)["numbers"][0, first]).all()
