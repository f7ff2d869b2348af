import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from predictor.batch import score as module
from predictor.batch.score import score
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.features import KINDS
from predictor.paths import CHAMPION

FLOATS = [name for name, kind in KINDS.items() if kind is float]


@pytest.fixture
def table(promoted: Path, rows: pd.DataFrame, tmp_path: Path) -> pd.DataFrame:
    """Return rows whose numbers are floats, as a file gives them back."""
    return rows.astype(dict.fromkeys(FLOATS, float))


def answers(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def written(table: pd.DataFrame, path: Path, delimiter: str = ",") -> Path:
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False, sep=delimiter)
    return path


@pytest.mark.parametrize("source", ["in.parquet", "in.csv", "semicolon.csv"])
@pytest.mark.parametrize("target", ["out.parquet", "out.csv"])
def test_each_row_gets_the_prediction_of_the_service(
    table: pd.DataFrame, tmp_path: Path, source: str, target: str
) -> None:
    delimiter = ";" if source == "semicolon.csv" else ","
    score(written(table, tmp_path / source, delimiter), tmp_path / target)
    found, champion = answers(tmp_path / target), Bundle.load(CHAMPION)
    assert list(found)[: len(table.columns)] == list(table)
    assert (found["model_version"].astype(str) == champion.version).all()
    others = ["decision", "model_version", *table]
    first = found.drop(columns=others, errors="ignore").iloc[:, 0].to_numpy(float)
    expected = champion.predict(table)
    np.testing.assert_allclose(first, expected.reshape(len(table), -1)[:, 0], rtol=1e-12)


@pytest.mark.parametrize("name", ["in.csv", "in.parquet"])
def test_chunks_give_the_same_answers_as_the_whole(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    gaps = pd.array([None if at > 100 else at for at in range(len(table))], dtype="Int64")
    source = written(table.assign(note=gaps), tmp_path / name)
    whole, chunks = (tmp_path / f"{each}{source.suffix}" for each in ("whole", "chunks"))
    score(source, whole)
    monkeypatch.setattr(module, "CHUNK", 70)
    score(source, chunks)
    pd.testing.assert_frame_equal(answers(chunks), answers(whole))


def test_a_table_with_predictions_is_rejected(table: pd.DataFrame, tmp_path: Path) -> None:
    score(written(table, tmp_path / "in.csv"), tmp_path / "out.csv")
    with pytest.raises(PredictorError, match=r"the column '\w+' already exists"):
        score(tmp_path / "out.csv", tmp_path / "again.csv")


@pytest.mark.skipif(not FLOATS, reason="no column is a float")
def test_an_invalid_row_is_reported_and_the_target_is_unchanged(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 70)
    name = FLOATS[0]
    table.loc[100, name] = np.inf
    (tmp_path / "out.csv").write_text("before")
    with pytest.raises(PredictorError, match=rf"{re.escape(name)}: .* the first: row 100: inf"):
        score(written(table, tmp_path / "in.csv"), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "out.csv"}


def test_a_missing_column_is_reported(table: pd.DataFrame, tmp_path: Path) -> None:
    name = next(iter(KINDS))
    source = written(table.rename(columns={name: f"{name}s"}), tmp_path / "in.parquet")
    with pytest.raises(PredictorError, match=f"'{name}' is missing; did you mean '{name}s'"):
        score(source, tmp_path / "out.csv")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\xff\xfe\x00"])
@pytest.mark.parametrize("name", ["in.csv", "in.parquet"])
def test_a_file_that_is_not_a_table_gives_a_clear_error(
    promoted: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PredictorError, match=name):
        score(tmp_path / name, tmp_path / "out.csv")


def test_an_unknown_output_format_is_rejected_before_reading(tmp_path: Path) -> None:
    with pytest.raises(PredictorError, match=r"\.csv or \.parquet"):
        score(tmp_path / "missing.csv", tmp_path / "out.xlsx")
