import numpy as np
import pandas as pd
import pytest

from predictor import split as module
from predictor.errors import PredictorError
from predictor.schema import TIME
from predictor.split import Ingest, Prepare, groups, raw_files, split


@pytest.fixture(autouse=True)
def months_and_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PERIOD", "%Y-%m")
    monkeypatch.setattr(module, "BLOCK", "D")


def days(frame: pd.DataFrame) -> set[pd.Timestamp]:
    return set(frame[TIME].dt.normalize())


def test_only_periods_that_have_arrived_are_returned(rows: pd.DataFrame) -> None:
    assert Ingest(through=2024).through == "2024"  # YAML reads a year as a number
    parts = raw_files(rows, Ingest(through="2024-02"))
    assert list(parts) == ["2024-01", "2024-02"]
    assert sum(map(len, parts.values())) == (rows[TIME] < "2024-03-01").sum()


def test_a_month_that_the_data_does_not_have_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(PredictorError, match="from 2024-01 to 2024-03, got '2025-01'"):
        raw_files(rows, Ingest(through="2025-01"))


def test_the_split_shares_no_row_and_loses_none(rows: pd.DataFrame) -> None:
    parts = split(rows, Prepare(test_days=20, valid_share=0.2))
    together = pd.concat(parts.values(), ignore_index=True)
    pd.testing.assert_frame_equal(
        together, rows.sort_values(TIME, kind="stable", ignore_index=True)
    )


def test_no_day_is_in_two_parts_and_the_newest_days_are_the_test(rows: pd.DataFrame) -> None:
    parts = split(rows, Prepare(test_days=20, valid_share=0.2))
    train, valid, test = (days(parts[name]) for name in ("train", "valid", "test"))
    assert max(train) < min(valid)
    assert max(valid) < min(test)
    assert len(test) == 20


def test_a_test_set_with_all_rows_is_rejected(rows: pd.DataFrame) -> None:
    with pytest.raises(PredictorError, match="the rows span only 89"):
        split(rows, Prepare(test_days=90, valid_share=0.2))


def test_rows_of_a_day_are_one_group() -> None:
    times = pd.to_datetime(["2024-01-01 05:00", "2024-01-02 00:00", "2024-01-01 23:59"])
    codes, over = groups(pd.DataFrame({TIME: times}))
    np.testing.assert_array_equal(codes, [0, 1, 0])
    assert over == "2 days"


def test_a_test_set_can_be_some_hours(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", "h")
    hours = rows.assign(**{TIME: pd.date_range("2024-01-01", periods=len(rows), freq="20min")})
    test = split(hours, Prepare(test_days=0.25, valid_share=0.2))["test"]
    assert len(test) == 6 * 3
    assert groups(test)[1] == "6 blocks of h"
