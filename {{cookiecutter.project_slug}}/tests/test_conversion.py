from itertools import product
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from predictor.contract import Contract, Spelling
from predictor.data.conversion import to_boolean, to_number, to_text, to_time, typed

MARKS = get_args(Spelling.model_fields["thousands"].annotation)
POINTS = get_args(Spelling.model_fields["decimal"].annotation)
SPELLINGS = [
    Spelling(thousands=mark, decimal=point, suffix=suffix, missing=("?", " "))
    for mark, point, suffix in product(MARKS, POINTS, ("", "%", "EUR"))
    if mark != point
]
NUMBERS = [1234567.5, -1234.25, 0.5, 12.0, -7.0]


def text(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


def spelled(number: float, spelling: Spelling) -> str:
    plain = f"{number:,}"
    marks = str.maketrans({",": spelling.thousands or None, ".": spelling.decimal})
    return f" {plain.translate(marks)} {spelling.suffix} "


@pytest.mark.parametrize("spelling", SPELLINGS, ids=repr)
def test_every_spelling_reads_what_it_spells(spelling: Spelling) -> None:
    values = text(*(spelled(number, spelling) for number in NUMBERS), "?", " ", None)
    expected = pd.Series([*NUMBERS, None, None, None], dtype=float)
    pd.testing.assert_series_equal(to_number(values, spelling), expected)


@pytest.mark.parametrize(
    ("values", "spelling"),
    [
        (text("1", "?"), Spelling()),
        (text("1", " "), Spelling()),
        (text("1", "1,234"), Spelling()),
        (text("1", "12 %"), Spelling()),
        (text("1", "nan"), Spelling()),
        (text("1", "?"), Spelling(missing=("-",))),
        (text("1,5", "1.234,5"), Spelling(decimal=",")),
        (text("12 %", "12 $"), Spelling(suffix="%")),
    ],
    ids=["mark", "blank", "thousands", "suffix", "nan", "other mark", "both points", "dollar"],
)
def test_a_column_that_does_not_convert_stays_as_it_was(
    values: pd.Series, spelling: Spelling
) -> None:
    pd.testing.assert_series_equal(to_number(values, spelling), values)


@pytest.mark.parametrize(
    "values",
    [pd.Series([1, 2]), pd.Series([True, False]), pd.Series([1.0, np.nan]), text("1", None)],
    ids=["whole", "truth", "float", "text"],
)
def test_numbers_of_any_kind_become_floats_and_gaps_stay_gaps(values: pd.Series) -> None:
    converted = to_number(values, Spelling())
    assert converted.dtype == float
    assert converted.isna().tolist() == values.isna().tolist()


def test_truth_is_read_in_any_case() -> None:
    expected = pd.Series([True, False, True])
    pd.testing.assert_series_equal(to_boolean(text("True", " FALSE", "true ")), expected)


def test_a_missing_truth_stays_missing() -> None:
    values = to_boolean(text("true", None, "false"))
    assert values.isna().tolist() == [False, True, False]
    assert values.dropna().tolist() == [True, False]


@pytest.mark.parametrize("other", ["yes", "1", "", "t"])
def test_no_other_word_is_a_truth(other: str) -> None:
    values = text("true", other)
    pd.testing.assert_series_equal(to_boolean(values), values)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("2024-01-31 09:30", "ISO8601"),
        ("2024-01-31T09:30:00", "ISO8601"),
        ("31.01.2024 09:30", "%d.%m.%Y %H:%M"),
        ("01/31/2024 09:30", "%m/%d/%Y %H:%M"),
    ],
)
def test_a_time_is_read_in_the_format_of_the_contract(written: str, form: str) -> None:
    times = to_time(text(written, None), form)
    assert times.iloc[0] == pd.Timestamp(2024, 1, 31, 9, 30)
    assert times.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "values",
    [
        text("2024-01-31T09:30+01:00", "2024-01-31T09:30+01:00"),
        text("2024-01-31T09:30+01:00", "2024-07-31T09:30+02:00"),
        text("2024-01-31T09:30Z", "2024-07-31T09:30Z"),
        text("2024-01-31T09:30", "2024-07-31T09:30Z"),
        text("2024-01-31", "2024-02-30"),
        text("2024-01-31", "soon"),
        text("2024-01-31", "31.01.2024"),
    ],
    ids=["one offset", "two", "utc", "some", "no such day", "word", "other format"],
)
def test_a_time_with_an_offset_or_in_another_format_stays_as_it_was(values: pd.Series) -> None:
    pd.testing.assert_series_equal(to_time(values, "ISO8601"), values)


def test_names_stay_and_numbers_become_the_text_that_python_writes() -> None:
    assert to_text(text("007", None)).fillna("-").tolist() == ["007", "-"]
    assert to_text(pd.Series([1, 2])).tolist() == ["1", "2"]
    assert to_text(pd.Series([1.5, np.nan])).fillna("-").tolist() == ["1.5", "-"]


CONTRACT: dict[str, object] = {
    "name": "t",
    "question": "?",
    "decision": "-",
    "task": "regression",
    "target": {"column": "price", "spelling": {"thousands": ","}},
    "time": {"column": "day", "format": "%d.%m.%Y"},
    "columns": {
        "share": {"type": "number", "spelling": {"suffix": "%"}},
        "open": {"type": "boolean"},
        "code": {"type": "category"},
    },
    "ignored": {"note": {"reason": "free text"}},
}


def test_typed_converts_features_target_and_time_and_leaves_the_rest() -> None:
    rows = pd.DataFrame(
        {
            "day": text("31.01.2024"),
            "share": text("12 %"),
            "open": text("True"),
            "code": text("007"),
            "note": text("1,5"),
            "price": text("1,234.5"),
        }
    )
    before = rows.copy()
    expected = rows.assign(
        day=pd.to_datetime(pd.Series(["2024-01-31"])), share=12.0, open=True, price=1234.5
    )
    converted = typed(rows, Contract.model_validate(CONTRACT))
    pd.testing.assert_frame_equal(converted, expected, check_dtype=False)
    pd.testing.assert_frame_equal(rows, before)


def test_typed_does_not_ask_for_columns_that_are_absent() -> None:
    rows = pd.DataFrame({"open": text("true")})
    assert typed(rows, Contract.model_validate(CONTRACT)).to_dict("list") == {"open": [True]}
