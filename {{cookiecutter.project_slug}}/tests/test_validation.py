import pytest
import tables

from predictor.contract import Contract
from predictor.data.validation import Violation, require_valid, violations
from predictor.errors import PredictorError


def test_good_rows_break_no_rule(contract: Contract) -> None:
    assert violations(contract, tables.rows(100)) == []


def test_every_violation_is_listed_with_count_and_first_rows(contract: Contract) -> None:
    rows = tables.rows(100).astype({"is.open": object, "pressure": object})
    rows.loc[[3, 5, 7, 9], "pressure"] = 1000.0
    rows.loc[4, "pressure"] = "n/a"
    rows.loc[6, "class"] = "C"
    rows.loc[8, "is.open"] = "perhaps"
    rows.loc[[1, 2], "fails"] = None
    assert violations(contract, rows) == [
        Violation("pressure", "is a finite number", 1, ((4, "n/a"),)),
        Violation(
            "pressure", "lies in [-100, 100] bar", 4, ((3, 1000.0), (5, 1000.0), (7, 1000.0))
        ),
        Violation("class", "is one of A, B", 1, ((6, "C"),)),
        Violation("is.open", "is true or false", 1, ((8, "perhaps"),)),
        Violation("fails", "is not missing", 2, ((1, None), (2, None))),
    ]


def test_report_names_file_column_rule_count_and_row(contract: Contract) -> None:
    rows = tables.rows(100)
    rows.loc[6, "class"] = "C"
    with pytest.raises(PredictorError) as error:
        require_valid(contract, rows, "data/raw/2024-01.parquet")
    assert str(error.value).splitlines()[:2] == [
        "data/raw/2024-01.parquet breaks contract.yaml:",
        "  class: is one of A, B: 1 rows, the first: row 6: 'C'",
    ]


def test_a_column_without_a_description_is_refused(contract: Contract) -> None:
    rows = tables.rows(10).assign(presure=1.0)
    with pytest.raises(
        PredictorError, match=r"column 'presure' is not in contract\.yaml \(did you"
    ):
        require_valid(contract, rows, "raw")


def test_a_missing_feature_is_refused(contract: Contract) -> None:
    rows = tables.rows(10).drop(columns="pressure")
    with pytest.raises(PredictorError, match=r"column 'pressure' of contract\.yaml is missing"):
        require_valid(contract, rows, "raw")


def test_an_ignored_column_may_be_absent(contract: Contract) -> None:
    require_valid(contract, tables.rows(10).drop(columns="repair cost"), "raw")
