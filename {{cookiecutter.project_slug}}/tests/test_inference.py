import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from predictor.adopt.inference import (
    Guess,
    guess_column,
    infer_target,
    infer_task,
    number_spelling,
    time_format,
)
from predictor.contract import (
    BooleanColumn,
    CategoryColumn,
    NumberColumn,
    Spelling,
    Target,
    Task,
    TimestampColumn,
)
from predictor.errors import PredictorError


def text(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str", name="y")


def spelled(**marks: object) -> Spelling:
    return Spelling.model_validate(marks)


@pytest.mark.parametrize(
    ("values", "spelling"),
    [
        (("1", "-2.5", "1e3"), spelled()),
        (("1.5", " "), spelled(missing=(" ",))),
        (("1.5", "?", "n/a", "?"), spelled(missing=("?", "n/a"))),
        (("1,234", "12", "1,234,567.5"), spelled(thousands=",")),
        (("12 %", "3.5%", "7"), spelled(suffix="%")),
        (("1.234,5", "12,25"), spelled(thousands=".", decimal=",")),
        (("1 234.5", "12"), spelled(thousands=" ")),
        (("1 234,5", "12"), spelled(thousands=" ", decimal=",")),
        (("1'234.5", "12"), spelled(thousands="'")),
        (("1,5", "12,25"), spelled(decimal=",")),
        (("1.234,5 %", "-"), spelled(thousands=".", decimal=",", suffix="%", missing=("-",))),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_spelling_of_numbers_is_recognised(values: tuple[str, ...], spelling: Spelling) -> None:
    assert number_spelling(text(*values)) == spelling


@pytest.mark.parametrize(
    "values",
    [("1", "two"), ("?", "-"), ("1,2,3", "4"), ("1,234.5", "1.234,5"), ("12 %", "12 $")],
    ids=" ".join,
)
def test_text_that_is_not_all_numbers_stays_text(values: tuple[str, ...]) -> None:
    assert number_spelling(text(*values)) is None
    assert guess_column(text(*values)).column.type == "category"


@pytest.mark.parametrize(
    ("values", "notes"),
    [
        (("1.5", " ", " "), ("2 times ' ' counts as missing",)),
        (("1", "?", None), ("1 times '?' counts as missing",)),
        (("1,234", "5,678", "9"), ("2 numbers with ',' between thousands",)),
        (("12 %", "7 %", "8"), ("2 numbers end in '%', which is cut off",)),
        (
            ("1.234,5", "1,5", "2"),
            ("1 numbers with '.' between thousands", "2 numbers with ',' as decimal mark"),
        ),
        (("1", "2"), ()),
        (
            ("Pro", "PRO", " pro", "Basic"),
            ("' pro' and 'PRO' and 'Pro' differ only in case or blanks",),
        ),
        (("a b", "ab"), ()),
    ],
    ids=["blank", "mark", "thousands", "suffix", "both", "plain", "case", "words"],
)
def test_what_is_odd_about_the_spelling_of_values_is_named(
    values: tuple[str | None, ...], notes: tuple[str, ...]
) -> None:
    assert guess_column(text(*values)).notes == notes


@pytest.mark.parametrize(
    ("values", "column"),
    [
        (
            text("1.5", "10", None),
            NumberColumn(type="number", missing=True, range=(0, 13)),
        ),
        (
            text("12 %", "?"),
            NumberColumn(
                type="number",
                missing=True,
                range=(0, 30),
                spelling=spelled(suffix="%", missing=("?",)),
            ),
        ),
        (text("True", "false", None), BooleanColumn(type="boolean", missing=True)),
        (pd.Series([True, False]), BooleanColumn(type="boolean")),
        (text("b", "a", "b"), CategoryColumn(type="category", values=("a", "b"))),
        (text("yes", None), CategoryColumn(type="category", missing=True, values=("yes",))),
        (text(*"abcdefghijklm"), CategoryColumn(type="category")),
        (
            text("31.01.2024", "01.02.2024"),
            TimestampColumn(type="timestamp", format="%d.%m.%Y", parts=("month", "weekday")),
        ),
        (
            pd.Series(pd.to_datetime(["2024-01-01 08:00", "2024-01-02 09:30"])),
            TimestampColumn(type="timestamp", parts=("weekday", "minute_of_day")),
        ),
    ],
    ids=["number", "spelled", "truth", "bool", "few names", "gap", "names", "date", "time"],
)
def test_a_column_is_what_its_values_are(values: pd.Series, column: object) -> None:
    guess = guess_column(values)
    assert isinstance(guess, Guess)
    assert (guess.column.type, guess.column.missing) == (column.type, column.missing)  # type: ignore[attr-defined]
    without_range = {"range"} if guess.column.type == "number" else set()
    assert guess.column.model_dump(exclude=without_range) == column.model_dump(  # type: ignore[attr-defined]
        exclude=without_range
    )


def test_a_column_without_any_value_is_a_category_without_names() -> None:
    assert guess_column(text(None, None)).column == CategoryColumn(
        type="category", missing=True, values=()
    )


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (("2024-01-31", "2024-02-01"), "ISO8601"),
        (("2024-01-31 10:00", "2024-02-01 11:30"), "ISO8601"),
        (("2024/01/31", "2024/02/01"), "%Y/%m/%d"),
        (("31.01.2024", "01.02.2024"), "%d.%m.%Y"),
        (("31/01/2024", "01/02/2024"), "%d/%m/%Y"),
        (("01/31/2024", "02/01/2024"), "%m/%d/%Y"),
        (("01/02/2024", "03/04/2024"), None),
        (("31/01/2024", "01/31/2024"), None),
        (("2024-01-31T10:00+01:00", "2024-02-01T10:00+01:00"), None),
        (("monday", "tuesday"), None),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_the_one_format_of_a_date_is_found_and_two_are_none(
    values: tuple[str, ...], form: str | None
) -> None:
    found = time_format(text(*values))
    if form == "%Y/%m/%d":  # pandas' ISO 8601 may take it too; either reads it
        assert found in (form, "ISO8601")
    else:
        assert found == form


def test_a_date_that_can_be_read_either_way_is_a_category() -> None:
    assert guess_column(text("01/02/2024", "03/04/2024")).column.type == "category"


@settings(deadline=None, derandomize=True, max_examples=300, database=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
@example([1.0, 1.0000000000000002])
@example([1700000000000000001.0, 1700000000000000513.0])
@example([-1e308, 1e308])
@example([0.0, 2e-323])
@example([5e-324])
def test_the_range_contains_every_value(values: list[float]) -> None:
    column = guess_column(pd.Series(values)).column
    assert isinstance(column, NumberColumn)
    low, high = column.range or (-math.inf, math.inf)
    assert low <= min(values)
    assert max(values) <= high
    assert low >= 0 or min(values) < 0


def test_the_range_has_room_on_both_sides_and_never_below_zero_for_counts() -> None:
    column = guess_column(pd.Series([10.0, 50.0])).column
    assert isinstance(column, NumberColumn)
    assert column.range == (0, 60)


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (text("a", "b", "a"), "binary"),
        (text("0", "1", None), "binary"),
        (pd.Series([True, False]), "binary"),
        (text("a", "b", "c"), "multiclass"),
        (pd.Series(range(20)), "multiclass"),
        (pd.Series(range(21)), "regression"),
        (pd.Series(np.linspace(0, 1, 99)), "regression"),
        (text(*(f"{n},5" for n in range(30))), "regression"),
    ],
    ids=["labels", "digits", "truth", "three", "twenty", "many", "floats", "spelled"],
)
def test_the_task_follows_from_the_values_of_the_target(values: pd.Series, task: Task) -> None:
    assert infer_task(values) == task


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (text("a", "a", None), "the target has only one value, 'a'"),
        (text(*(f"name {n}" for n in range(51))), "51 different texts"),
    ],
    ids=["one value", "names"],
)
def test_what_cannot_be_a_target_is_refused(values: pd.Series, sentence: str) -> None:
    with pytest.raises(PredictorError, match=sentence):
        infer_task(values)


@pytest.mark.parametrize(
    ("labels", "positive"),
    [
        (("no", "yes"), "yes"),
        (("Y", "N"), "Y"),
        (("0", "1"), "1"),
        (("False", "True"), "True"),
        (("often", "rare"), "rare"),
        (("yes", "true"), "true"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_positive_label_is_the_usual_word_else_the_rarer(
    labels: tuple[str, str], positive: str, order: int
) -> None:
    first, second = labels
    values = text(*([first] * 9 + [second] * 6)[::order])
    assert infer_target(values, "binary", None) == Target(column="y", positive=positive)


def test_the_usual_word_is_positive_even_where_it_is_frequent() -> None:
    values = text(*["yes"] * 9, *["no"] * 6)
    assert infer_target(values, "binary", None).positive == "yes"
    assert infer_target(values, "binary", "no").positive == "no"


def test_a_positive_label_that_is_none_names_the_labels_and_the_nearest() -> None:
    values = text(*["late"] * 9, *["early"] * 6)
    with pytest.raises(PredictorError, match=r"'late' and 'early' \(did you mean 'late'\?\)"):
        infer_target(values, "binary", "lat")


def test_classes_are_all_labels_in_order() -> None:
    values = text(*["b"] * 5, *["a"] * 6, *["c"] * 7)
    assert infer_target(values, "multiclass", None) == Target(column="y", classes=("a", "b", "c"))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_class_of_too_few_rows_is_named_with_its_count(task: Task) -> None:
    values = text(*["b"] * 9, *["a"] * 4)
    with pytest.raises(PredictorError, match=r"fewer than 5 rows: 'a' \(4\): merge or drop them"):
        infer_target(values, task, None)


def test_a_binary_task_with_three_labels_is_refused() -> None:
    values = text(*["b"] * 5, *["a"] * 6, *["c"] * 7)
    with pytest.raises(PredictorError, match="a binary task has two labels, and the target has 3"):
        infer_target(values, "binary", None)


def test_a_regression_target_keeps_its_spelling() -> None:
    values = text("1,234", "5,678.5")
    expected = Target(column="y", spelling=Spelling(thousands=","))
    assert infer_target(values, "regression", None) == expected
    assert infer_target(text("1", "2.5"), "regression", None) == Target(column="y")


@pytest.mark.parametrize(
    ("values", "odd"),
    [(("1", "?"), r"'\?'"), (("1", "two"), "'two'"), (("1,234.5", "1.234,5"), "'1")],
    ids=["mark", "word", "two spellings"],
)
def test_a_regression_target_that_is_not_all_numbers_names_an_example(
    values: tuple[str, ...], odd: str
) -> None:
    with pytest.raises(PredictorError, match=f"not a number everywhere, for example {odd}"):
        infer_target(text(*values), "regression", None)


def test_codes_with_a_leading_zero_are_names_and_not_numbers() -> None:
    codes = pd.Series(["02139", "10001", "94103"] * 10, dtype="str")
    assert guess_column(codes).column.type == "category"
    assert guess_column(pd.Series(["0", "0.5", "10"], dtype="str")).column.type == "number"
