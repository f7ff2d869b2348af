import pytest
import tables

from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.ingest import arrived, typed
from predictor.params import IngestParams


def test_only_months_that_have_arrived_are_kept() -> None:
    months = arrived(tables.rows(), "read at", IngestParams(through="2024-02"))
    assert list(months) == ["2024-01", "2024-02"]
    assert all(
        set(rows["read at"].dt.strftime("%Y-%m")) == {month} for month, rows in months.items()
    )


def test_a_month_outside_the_data_is_refused() -> None:
    with pytest.raises(
        PredictorError, match="'2024-04', but the data runs from 2024-01 to 2024-03"
    ):
        arrived(tables.rows(), "read at", IngestParams(through="2024-04"))


def test_whole_numbers_become_floats_and_text_stays_text(contract: Contract) -> None:
    rows = tables.rows(10).assign(pressure=range(10))
    assert typed(rows, contract)["pressure"].dtype == float
    text = rows.assign(pressure="n/a")
    assert typed(text, contract)["pressure"].tolist() == ["n/a"] * 10
