import json
from pathlib import Path

import pandas as pd
import pytest

from predictor.ingest import hash_of_values, ingest
from predictor.paths import DATA_VERSION, RAW


def version() -> str:
    return str(json.loads(DATA_VERSION.read_text())["version"])


def test_the_files_hold_all_rows(project: Path, rows: pd.DataFrame) -> None:
    ingest()
    written = pd.concat([pd.read_parquet(path) for path in sorted(RAW.iterdir())])
    assert len(written) == len(rows)
    assert set(written.columns) == set(rows.columns)


def test_the_same_rows_have_the_same_version(project: Path) -> None:
    ingest()
    first = version()
    ingest()
    assert version() == first


@pytest.mark.parametrize("other", [[1, 2, 4], [1.0, 2.0, 3.0]], ids=["a value", "a type"])
def test_the_hash_changes_with(other: list[float]) -> None:
    table = pd.DataFrame({"a": [1, 2, 3]})
    assert hash_of_values(table) == hash_of_values(table.copy())
    assert hash_of_values(table) != hash_of_values(pd.DataFrame({"a": other}))
