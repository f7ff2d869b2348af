import errno
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from conftest import read_prepared
from fastapi.testclient import TestClient

from predictor.bundle import Bundle
from predictor.data import batches
from predictor.errors import PredictorError
from predictor.evaluate import example
from predictor.project import Project
from predictor.release import Champion
from predictor.score import score
from predictor.serve.app import create_app

ROWS = 60
ANSWER = ["probability", "decision", "model_version"]


@pytest.fixture
def rows(promoted: Project) -> pd.DataFrame:
    """Return rows with what score must carry along: other columns, and no target."""
    test = read_prepared(promoted, "test").head(ROWS).drop(columns="fails")
    return test.assign(id=[f"00{at}" for at in range(ROWS)], tags=pd.Series([[1]] * ROWS))


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CELLS", 100)
    monkeypatch.setattr(batches, "BLOCK_BYTES", 600)


def scored(project: Project, rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    rows.to_parquet(folder / "in.parquet", index=False)
    score(project, folder / "in.parquet", folder / "out.parquet")
    return pd.read_parquet(folder / "out.parquet")


@pytest.mark.usefixtures("small_batches")
def test_answers_are_those_of_the_service_and_the_bundle(
    promoted: Project, champion: Champion, rows: pd.DataFrame, tmp_path: Path
) -> None:
    found = scored(promoted, rows, tmp_path)
    np.testing.assert_allclose(found[["probability"]], champion.bundle.predict(rows), rtol=1e-5)
    client, contract = TestClient(create_app(champion)), champion.bundle.contract
    for at in range(10):
        answer = client.post("/predict", json=example(contract, rows[at : at + 1])).json()
        assert found.loc[at, ANSWER].to_dict() == {
            "probability": pytest.approx(answer["probability"], rel=1e-5),
            "decision": answer["decision"],
            "model_version": "1",
        }
    assert found["decision"].nunique() == 2


@pytest.mark.usefixtures("small_batches")
def test_every_column_is_carried_along_as_it_was(
    promoted: Project, rows: pd.DataFrame, tmp_path: Path
) -> None:
    found = scored(promoted, rows, tmp_path)
    assert list(found.columns) == [*rows.columns, *ANSWER]
    read = pd.read_parquet(tmp_path / "in.parquet")
    pd.testing.assert_frame_equal(found[list(rows.columns)], read)


@pytest.mark.usefixtures("small_batches")
def test_a_csv_gets_the_answers_of_the_same_parquet(
    promoted: Project, rows: pd.DataFrame, tmp_path: Path
) -> None:
    table, answers = tmp_path / "Größe in.csv", tmp_path / "new" / "out.CSV"
    rows.to_csv(table, index=False, sep=";", encoding="cp1252")
    score(promoted, table, answers)
    written = pd.read_csv(answers, dtype={"id": "str", "model_version": "str"})
    expected = scored(promoted, rows, tmp_path)
    pd.testing.assert_frame_equal(written[["id", *ANSWER]], expected[["id", *ANSWER]])


@pytest.mark.usefixtures("small_batches")
def test_a_broken_value_is_named_with_its_row_in_the_whole_table(
    promoted: Project, rows: pd.DataFrame, tmp_path: Path
) -> None:
    rows.loc[47, "pressure"] = 1e9
    sentence = r"(?s)rows count from 1.*pressure: lies in .* 1 rows, the first: row 48: 1000000000"
    with pytest.raises(PredictorError, match=sentence):
        scored(promoted, rows, tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows: rows.rename(columns={"größe": "grösse"}), "'größe' .did you mean 'grösse'?"),
        (lambda rows: rows.assign(decision=1), "already has 'decision'"),
        (lambda rows: rows.head(0), "in.parquet has no rows"),
        (lambda rows: rows.assign(pressure="high"), "pressure: is a finite number: 60 rows"),
        (lambda rows: rows.assign(pressure=[[1]] * ROWS), "column 'pressure' holds list"),
    ],
    ids=["missing column", "name taken", "empty", "wrong type", "nested"],
)
def test_a_table_that_cannot_be_answered_is_a_sentence(
    promoted: Project,
    rows: pd.DataFrame,
    tmp_path: Path,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    sentence: str,
) -> None:
    with pytest.raises(PredictorError, match=sentence):
        scored(promoted, change(rows), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("in.parquet", "is the table itself"),
        ("out.xlsx", r"go to a file in \.parquet or \.csv"),
        ("folder.csv", "is a folder"),
        ("in.parquet/out.csv", "out.csv cannot be written"),
        ("out.csv", "Unsupported Type:list"),
    ],
)
def test_a_target_that_cannot_be_written_is_a_sentence(
    promoted: Project, rows: pd.DataFrame, tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    rows.to_parquet(tmp_path / "in.parquet")
    with pytest.raises(PredictorError, match=sentence):
        score(promoted, tmp_path / "in.parquet", tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.csv", "in.parquet"]


@pytest.mark.parametrize("damage", ["cut", "scrambled"])
def test_a_damaged_table_is_a_sentence(
    promoted: Project, rows: pd.DataFrame, tmp_path: Path, damage: str
) -> None:
    table = tmp_path / "in.parquet"
    rows.to_parquet(table)
    content = table.read_bytes()
    table.write_bytes(
        content[:900] if damage == "cut" else content[:4] + b"x" * 900 + content[904:]
    )
    with pytest.raises(PredictorError, match=r"in\.parquet (is not a readable|cannot be read)"):
        score(promoted, table, tmp_path / "out.parquet")


@pytest.mark.usefixtures("small_batches")
def test_a_full_disk_leaves_the_old_answers(
    promoted: Project, rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = scored(promoted, rows, tmp_path)
    write = pa.parquet.ParquetWriter.write_batch

    def write_until_full(writer: pa.parquet.ParquetWriter, batch: pa.RecordBatch) -> None:
        if batch["id"][0].as_py() != "000":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(writer, batch)

    monkeypatch.setattr(pa.parquet.ParquetWriter, "write_batch", write_until_full)
    with pytest.raises(PredictorError, match=r"stays as it was: .*No space left on device"):
        scored(promoted, rows.assign(id=rows["id"][::-1].to_numpy()), tmp_path)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out.parquet"), old)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


@pytest.mark.usefixtures("small_batches")
def test_no_more_than_one_batch_is_held(rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.to_parquet(tmp_path / "in.parquet")
    with batches.reading(tmp_path / "in.parquet") as table:
        sizes = [len(batch) for batch in table.batches]
    assert table.rows == sum(sizes) == ROWS
    assert max(sizes) == 100 // len(table.schema)


def test_the_end_says_rows_and_rate(
    promoted: Project, rows: pd.DataFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "predictor")
    scored(promoted, rows, tmp_path)
    assert "out.parquet: 60 rows, " in caplog.messages[-1]
    assert caplog.messages[-1].endswith(" a second")


def test_threads_do_not_change_an_answer(champion: Champion, rows: pd.DataFrame) -> None:
    threaded = Bundle.load(champion.bundle.folder, threads=4)
    expected = champion.bundle.predict(rows)
    # The trees of a row are added up in another order.
    np.testing.assert_allclose(threaded.predict(rows), expected, rtol=1e-5)
