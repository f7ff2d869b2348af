import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from predictor.errors import PredictorError
from scaffold.choices import Choices
from scaffold.columns import Column, Proposal, propose
from scaffold.delimited import Options
from scaffold.project import values
from scaffold.reading import read_table

ROWS = 40
LABELS = ["yes", "no"] * (ROWS // 2)


def proposed(choices: Choices | None = None, /, **columns: Any) -> Proposal:
    """Propose for columns whose values are repeated until there are enough rows."""
    repeated = {name: (each * ROWS)[:ROWS] for name, each in columns.items()}
    table = pd.DataFrame({"y": LABELS} | repeated).astype("str")
    proposal = propose(table, choices or Choices("y", time="none"))
    require_equal_code(table, proposal)
    return proposal


def require_equal_code(table: pd.DataFrame, proposal: Proposal) -> None:
    names = {"table": values.clean(table, proposal.missing), **vars(values)}
    if proposal.where:
        names["table"] = names["table"][eval(proposal.where, names)].reset_index(drop=True)  # noqa: S307
    for each in (proposal.target, *proposal.columns):
        pd.testing.assert_series_equal(eval(each.code, names), each.values)  # noqa: S307


def column(proposal: Proposal, name: str = "x") -> Column:
    return next(each for each in proposal.columns if each.name == name)


def options(proposal: Proposal) -> list[tuple[str, str]]:
    return [answer for each in proposal.questions for answer in each.answers.values()]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["4,622", "0,312", "12,050"], [4.622, 0.312, 12.05]),
        (["1.234,56", "3,5"], [1234.56, 3.5]),
        (["1 234,56", "2\u00a0000,5"], [1234.56, 2000.5]),
        (["1'234.56", "5.1"], [1234.56, 5.1]),
        (["1,234.56", "7"], [1234.56, 7]),
        (["999", "1,234", "12,345"], [999, 1234, 12345]),
        (["1,00,000", "2,50,000"], [100000, 250000]),
        (["1e3", "-2.5E-2"], [1000, -0.025]),
        (["+3", "-3", "3-"], [3, -3, -3]),
        (["(1,200.5)", "3"], [-1200.5, 3]),
        (["12 %", "50%"], [12, 50]),
        (["£1,900.50", "-£3"], [1900.5, -3]),
        (["1.541,85 €", "2,00 €"], [1541.85, 2]),
        (["150.0 m²", "3.5 m²"], [150, 3.5]),
        (["1 year", "2 years"], [1, 2]),
        (["CHF 1'200", "CHF 3"], [1200, 3]),
        (["3.5", "n/a", "-", "", " 4 "], [3.5, None, None, None, 4]),
        (["17:30", "08:15"], [1050, 495]),
    ],
)
def test_text_is_read_as_numbers(texts: list[object], expected: list[object]) -> None:
    proposal = proposed(x=texts)
    found = column(proposal).values.head(len(texts))
    np.testing.assert_array_equal(found, np.array(expected, float))
    assert not proposal.questions


@pytest.mark.parametrize(
    "texts",
    [
        ["A12", "B7"],
        ["12B", "13B"],
        ["02139", "12345"],
        ["1-2", "3-4"],
        ["+491701234567", "+491701234568"],
        ["555-1234", "555-1235"],
        ["1.2.3", "1.2.4"],
        ["1st", "2nd"],
        ["12345678901234567", "12345678901234568"],
        ["2024-01-31", "31.01.2024"],
        ["2024-01-31T05:00Z", "2024-01-31"],
        ["2024-01-31T05:00Z", "2024-01-31T05:00+02:00", "2024-01-31"],
        ["2024-01-31", "0000-00-00"],
        ["--5", "3"],
    ],
)
def test_codes_are_categories(texts: list[object]) -> None:
    proposal = proposed(x=texts)
    found = column(proposal)
    assert (found.kind, found.values.head(len(texts)).tolist()) == ("category", texts)
    assert found.names == tuple(sorted(map(str, texts)))
    assert any("has digits" in note for note in proposal.notes) == str(texts[0])[0].isdigit()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2024-01-31", "2024-02-01T17:30", "2024-02-01 17:30:05.5"], "2024-01-31"),
        (["2024-01-31T00:00:00Z"] * 2 + ["2024-03-31T00:00:00Z"], "2024-01-31"),
        (["2024-01-31T05:00:00+02:00", "2024-03-31T05:00:00+02:00"], "2024-01-31T05:00"),
        (["2024-01-31T01:00:00+01:00", "2024-07-31T01:00:00+02:00"], "2024-01-31T00:00"),
        (["05-01-2024", "31-01-2024"], "2024-01-05"),
        (["01/05/24", "01/31/24"], "2024-01-05"),
        (["Apr 30, 2024", "May 1, 2024"], "2024-04-30"),
        (["30.04.2024 17:30", "01.05.2024 08:00"], "2024-04-30T17:30"),
        (["4/30/2024 5:30 PM", "5/1/2024 8:00 AM"], "2024-04-30T17:30"),
        (["20240430", "20240501"], "2024-04-30"),
    ],
)
def test_text_is_read_as_times(texts: list[object], expected: str) -> None:
    proposal = proposed(x=texts)
    found = column(proposal)
    assert (found.kind, found.values[0]) == ("time", pd.Timestamp(expected))
    assert not proposal.questions


def test_epoch_needs_the_name_of_a_time() -> None:
    proposal = proposed(created_at=[1714435200, 1714521600], size=[1714435200, 1714521600])
    assert [each.kind for each in proposal.columns] == ["time", "integer"]


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        (["1,234", "5,678"], ["x=number,", "x=number"]),
        (["1.234", "5.678"], ["x=number", "x=number,"]),
        (["01/06/24", "02/07/24"], ["x=%d/%m/%y", "x=%m/%d/%y"]),
        (["12 kg", "3 lb"], ["x=number", "x=category"]),
        (["12 %", "0.5"], ["x=number", "x=category"]),
        (["1", "2", "3", "4", "5", "inf"], ["inf", "x=category"]),
        (["-999", "3", "4.5"], ["-999", "-999"]),
    ],
)
def test_what_can_be_read_in_two_ways_is_asked(texts: list[object], answers: list[str]) -> None:
    question = proposed(x=texts).questions[0]
    assert [value for _, value in question.answers.values()] == answers
    for option, value in question.answers.values():
        assert not proposed(
            Choices("y", time="none").adding(option, value), x=texts, z=["a", "b"]
        ).questions


def test_the_question_shows_texts_that_the_readings_tell_apart() -> None:
    question = proposed(x=["05/05/24", "01/06/24", "07/07/24", "02/06/24"]).questions[0]
    assert list(question.answers) == [
        "01/06/24, 02/06/24 is 2024-06-01 00:00:00, 2024-06-02 00:00:00",
        "01/06/24, 02/06/24 is 2024-01-06 00:00:00, 2024-02-06 00:00:00",
    ]


def test_other_columns_decide_between_readings() -> None:
    proposal = proposed(x=["1,234", "5,678"], z=["0,5", "2,25"])
    assert column(proposal).values[0] == 1.234
    assert not proposal.questions


def test_a_code_among_many_numbers_is_found() -> None:
    texts = [*map(str, range(10_000, 30_000)), "02139"]
    table = pd.DataFrame({"y": ["yes", *["no"] * 20_000], "x": texts, "z": "a"}, dtype="str")
    found = column(propose(table, Choices("y", time="none", keep=frozenset(["x"]))))
    assert (found.kind, found.values.iloc[-1]) == ("category", "02139")


def test_one_answer_decides_for_columns_in_the_same_doubt() -> None:
    columns = {"x": ["1,234", "5,678"], "z": ["2,345", "6,789"]}
    assert len(proposed(**columns).questions) == 1
    answered = proposed(Choices("y", time="none", readings={"x": "number,"}), **columns)
    assert column(answered, "z").values[0] == 2.345


@pytest.mark.parametrize(
    "texts", [["0", "1"], ["Yes", "no", "YES"], ["TRUE", "FALSE"], ["ja", "nein"]]
)
def test_two_truths_are_boolean(texts: list[object]) -> None:
    found = column(proposed(x=[*texts, ""]))
    expected = [text.lower() in ("1", "yes", "true", "ja") for text in map(str, texts)]
    assert (found.kind, found.values.head(len(texts) + 1).tolist()) == (
        "boolean",
        [*expected, None],
    )


def test_a_marker_is_missing_in_every_column_unless_it_is_a_code() -> None:
    proposal = proposed(
        x=["1", "unknown"], job=["cook", "unknown"], country=["NA", "DE", "FR", "US", "GB", "IT"]
    )
    assert proposal.missing == ("unknown",)
    assert column(proposal, "job").values.isna().sum() == ROWS / 2
    assert "NA" in set(column(proposal, "country").values)


@pytest.mark.parametrize(
    ("name", "made", "reason"),
    [
        ("x", [str(i * i) for i in range(ROWS)], "running number"),
        ("Unnamed: 0", [str(i * 7 % 41) for i in range(ROWS)], "running number"),
        ("x", [f"{i:032x}" for i in range(ROWS)], "identifier"),
        ("x", [f"{i} is a sentence that is not repeated here" for i in range(ROWS)], "free text"),
        ("x", ["5"], "constant"),
        ("x", [""], "empty"),
        ("x", ["1", "1e39"], "values beyond 3e38 (row 1)"),
        ("x", [str(i * 0.37) for i in range(ROWS)], ""),
        ("year", [str(i + 1950) for i in range(ROWS)], ""),
        ("x", [str(ROWS - i) for i in range(ROWS)], "running number"),
        ("x", [i % 30 * 2**54 for i in range(ROWS)], "identifier"),
    ],
)  # fmt: skip
def test_no_feature_is_made_of(name: str, made: list[object], reason: str) -> None:
    proposal = proposed(**{name: made, "z": ["a", "b"]})
    assert column(proposal, name).ignored == reason
    assert not column(
        proposed(Choices("y", time="none", keep=frozenset([name])), **{name: made}), name
    ).ignored


def test_an_identifier_that_repeats_is_proposed_as_a_group() -> None:
    ids = [f"c{i}" for i in range(100)] * 2
    proposal = propose(
        pd.DataFrame(
            {"y": ["0", "1"] * 100, "customerId": ids, "x": ["a", "b"] * 100}, dtype="str"
        ),
        Choices("y"),
    )
    assert column(proposal, "customerId").ignored == "identifier"
    assert any("--group customerId" in note for note in proposal.notes)


def test_ranges_respect_the_type() -> None:
    proposal = proposed(
        count=["0", "3"], share=["0 %", "97 %"], warmth=["-5.5", "20.1"], p=["0.01", "0.99"]
    )
    ranges = [(each.low, each.high) for each in proposal.columns]
    assert ranges == [(0, 4), (0, 100), (-12, 26), (0, 1)]


def test_a_part_of_a_time_is_ignored_and_cannot_be_kept() -> None:
    columns = {"day": ["2024-01-31", "2024-02-01"], "day.month": ["1", "2"]}
    proposal = proposed(**columns)
    assert column(proposal, "day.month").ignored == "the name of a part of a time"
    with pytest.raises(PredictorError, match=r"--keep day\.month: rename it"):
        proposed(Choices("y", time="none", keep=frozenset(["day.month"])), **columns)


def test_plus_and_minus_are_two_labels() -> None:
    proposal = proposed(x=["+", "-"], job=["cook", "none"])
    assert [each.names for each in proposal.columns] == [("+", "-"), ("cook", "none")]


def test_a_dropped_column_is_not_asked_about() -> None:
    choices = Choices("y", time="none", drop=frozenset("xz"))
    texts = {"x": ["1", "2", "3", "4", "5", "bad"], "z": ["1,234", "5,678"]}
    proposal = proposed(choices, **texts, other=["a", "b"])
    assert [each.ignored for each in proposal.columns] == ["given by --drop", "given by --drop", ""]
    assert not proposal.questions


def test_the_unit_of_a_column_does_not_follow_from_other_columns() -> None:
    assert proposed(x=["12.5 kg", "3.5 lb"], z=["1.5", "2.5"]).questions


@pytest.mark.parametrize("codes", [["10001", "20002"], [10001, 20002]])
def test_whole_numbers_with_the_name_of_a_code_are_categories(codes: list[object]) -> None:
    assert column(proposed(zip=codes), "zip").names == ("10001", "20002")


def test_few_whole_numbers_are_named_as_amounts() -> None:
    notes = proposed(x=["1", "3", "7"], z=["0.5", "1.5"]).notes
    assert notes == ["'x' is an amount; for a code, --as x=category."]


def test_a_missing_value_is_counted_in_each_column() -> None:
    assert proposed(x=["1", "?"], z=["a", "?", "?", "b"]).notes[0] == (
        "'?' is missing: {'x': 20, 'z': 20}."
    )


def test_times_are_asked_for_the_split() -> None:
    proposal = proposed(Choices("y"), x=["2024-01-31", "2024-02-01"])
    assert options(proposal) == [("--time", "x"), ("--time", "none")]
    assert not proposed(Choices("y", time="x"), x=["2024-01-31", "2024-02-01"]).questions
    assert not proposed(Choices("y"), x=["2024-01-31", "2024-02-01", ""]).questions


def test_the_types_of_a_parquet_file_are_found_again(tmp_path: Path) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    frame = pd.DataFrame({
        "y": LABELS, "flag": [True, False] * 20, "half": [True, None] * 20,
        "time": [dt.datetime(2024, 1, 31, 5, tzinfo=zone)] * 40, "count": range(40),
        "price": [Decimal("1.5"), None] * 20, "level": [0.1, None, -2.5, 1e22] * 10,
        "day": [dt.date(2024, 1, 31), None] * 20, "kind": pd.Categorical(["a", "b"] * 20),
    })  # fmt: skip
    frame.to_parquet(tmp_path / "t.parquet")
    rows = read_table(tmp_path / "t.parquet", Options()).rows
    proposal = propose(rows, Choices("y", time="none"))
    require_equal_code(rows, proposal)
    kinds = {each.name: (each.kind, each.values[0]) for each in proposal.columns}
    assert kinds == {
        "flag": ("boolean", True), "half": ("category", "True"),
        "time": ("time", pd.Timestamp("2024-01-31T05:00")), "count": ("integer", 0),
        "price": ("number", 1.5), "level": ("number", 0.1),
        "day": ("time", pd.Timestamp("2024-01-31")), "kind": ("category", "a"),
    }  # fmt: skip
    assert "without its offset" in column(proposal, "time").why
    assert column(proposal, "level").values[3] == 1e22
