import pandas as pd
import pytest
import tables
from conftest import read_prepared

from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.params import Params
from predictor.prepare import Split, prepare, split
from predictor.project import Project


def parts_of(rows: Split) -> pd.DataFrame:
    return pd.concat([rows.train, rows.valid, rows.test], ignore_index=True)


def test_split_by_time_shares_no_row_and_loses_none(contract: Contract, params: Params) -> None:
    rows = tables.rows()
    parts = parts_of(split(rows.sample(frac=1, random_state=1), contract, params.prepare))
    pd.testing.assert_frame_equal(parts, rows)


def test_each_part_is_newer_than_the_one_before(contract: Contract, params: Params) -> None:
    parts = split(tables.rows(), contract, params.prepare)
    assert parts.train["read at"].max() < parts.valid["read at"].min()
    assert parts.valid["read at"].max() < parts.test["read at"].min()
    assert set(parts.test["read at"].dt.strftime("%Y-%m")) == {"2024-03"}


def test_split_at_random_shares_no_row_and_loses_none(contract: Contract, params: Params) -> None:
    timeless = contract.model_copy(update={"time": None})
    rows = tables.rows(100)
    parts = parts_of(split(rows, timeless, params.prepare))
    pd.testing.assert_frame_equal(parts.sort_values("read at", ignore_index=True), rows)


def test_no_ignored_column_reaches_training(project: Project, contract: Contract) -> None:
    prepare(project)
    for name in ("train", "valid", "test"):
        assert list(read_prepared(project, name).columns) == contract.kept


def test_a_broken_row_stops_the_stage_and_writes_nothing(project: Project) -> None:
    path = project.raw / "2024-02.parquet"
    rows = pd.read_parquet(path)
    rows.loc[0, "class"] = "C"
    rows.to_parquet(path, index=False)
    with pytest.raises(PredictorError, match=r"2024-02\.parquet breaks contract\.yaml"):
        prepare(project)
    assert not project.prepared.exists()


def test_a_split_with_one_label_is_refused(project: Project) -> None:
    for path in project.raw.glob("*.parquet"):
        pd.read_parquet(path).assign(fails="no").to_parquet(path, index=False)
    with pytest.raises(
        PredictorError, match=r"only one kind of 'fails' \(positive is 'yes'\), found: 'no'"
    ):
        prepare(project)


def test_a_column_that_gives_the_answer_away_is_refused(project: Project) -> None:
    for path in project.raw.glob("*.parquet"):
        rows = pd.read_parquet(path)
        rows.assign(pressure=(rows["fails"] == "yes") * 1.0).to_parquet(path, index=False)
    with pytest.raises(PredictorError, match=r"pressure alone removes 100\.0% of the errors"):
        prepare(project)


def test_a_damaged_file_is_one_sentence(project: Project) -> None:
    (project.raw / "2024-02.parquet").write_bytes(b"PAR1")
    with pytest.raises(PredictorError, match=r"raw/2024-02\.parquet is damaged .*dvc repro ingest"):
        prepare(project)


def test_timestamps_that_are_text_are_listed(project: Project) -> None:
    path = project.raw / "2024-02.parquet"
    rows = pd.read_parquet(path)
    rows.astype({"read at": str}).to_parquet(path, index=False)
    with pytest.raises(PredictorError, match="read at: is a date and time without an offset"):
        prepare(project)


def test_one_month_alone_cannot_be_split(contract: Contract, params: Params) -> None:
    rows = tables.rows()
    march = rows[rows["read at"] >= "2024-03-01"]
    with pytest.raises(PredictorError, match=r"of 1 month\(s\), which leaves none to train on"):
        split(march, contract, params.prepare)
