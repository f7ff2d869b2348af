import pytest
import tables

from predictor.errors import PredictorError
from predictor.ingest import arrived


def test_only_months_that_have_arrived_are_kept() -> None:
    months = arrived(tables.rows(), "read at", "2024-02")
    assert list(months) == ["2024-01", "2024-02"]
    assert all(
        set(rows["read at"].dt.strftime("%Y-%m")) == {month} for month, rows in months.items()
    )


def test_a_month_outside_the_data_is_refused() -> None:
    with pytest.raises(
        PredictorError, match="'2024-04', but the data runs from 2024-01 to 2024-03"
    ):
        arrived(tables.rows(), "read at", "2024-04")


def test_without_a_last_month_all_have_arrived() -> None:
    assert list(arrived(tables.rows(), "read at", None)) == ["2024-01", "2024-02", "2024-03"]


def test_a_row_without_a_time_is_refused() -> None:
    rows = tables.rows()
    rows.loc[5, "read at"] = None
    with pytest.raises(PredictorError, match="'read at' must hold a date in every row"):
        arrived(rows, "read at", None)
