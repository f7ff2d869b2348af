from pathlib import Path

import pandas as pd
import pytest

from predictor import data
from predictor.errors import PredictorError
from predictor.features import CATEGORIES, KINDS, NUMBERS
from predictor.ingest import ingest
from predictor.paths import PREPARED
from predictor.prepare import prepare, unseen, violations
from predictor.schema import IGNORED, TARGET
from predictor.split import KEYS

AMOUNTS = [name for name in NUMBERS if KINDS[name] is not bool]


def test_prepared_rows_have_no_column_that_is_ignored(project: Path, rows: pd.DataFrame) -> None:
    ingest()
    prepare()
    parts = [pd.read_parquet(path) for path in PREPARED.iterdir()]
    assert sum(map(len, parts)) == len(rows)
    assert all(set(part.columns) == {*KINDS, TARGET, *KEYS} for part in parts)


def test_rows_that_fit_have_no_violation(rows: pd.DataFrame) -> None:
    assert violations(rows) == []
    assert violations(rows.drop(columns=list(IGNORED))) == []


@pytest.mark.skipif(not AMOUNTS, reason="no column is a number")
def test_a_violation_names_column_rule_number_and_first_rows(rows: pd.DataFrame) -> None:
    name = AMOUNTS[0]
    rows[name] = rows[name].astype(object)
    rows.loc[[1, 5, 6, 700], name] = "12"  # text is no number
    assert violations(rows) == [
        f"{name}: Input should be a valid {'number' if KINDS[name] is float else 'integer'}: "
        "4 rows, the first: row 1: '12', row 5: '12', row 6: '12'"
    ]


def test_missing_and_extra_columns_are_reported(rows: pd.DataFrame) -> None:
    name = next(iter(KINDS))
    assert violations(rows.rename(columns={name: f"{name}s"})) == [
        f"{name}: no such column; did you mean '{name}s'?"
    ]
    (line,) = violations(rows.assign(surprise=1))
    assert line.startswith("surprise: Extra inputs are not permitted: 900 rows")


def test_a_missing_target_is_a_violation(rows: pd.DataFrame) -> None:
    rows[TARGET] = rows[TARGET].astype(object)
    rows.loc[2, TARGET] = None
    (line,) = violations(rows)
    assert line.startswith(f"{TARGET}: Input should be")
    assert line.endswith("1 rows, the first: row 2: None")


def test_the_error_for_invalid_data_names_the_file(
    project: Path, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "read", lambda: rows.drop(columns=TARGET))
    ingest()
    with pytest.raises(PredictorError, match=rf"\.parquet does not fit schema.py:\n  {TARGET}"):
        prepare()


def test_the_error_for_missing_data_names_the_command(project: Path) -> None:
    with pytest.raises(PredictorError, match="run `uv run dvc repro ingest`"):
        prepare()


def test_unseen_values_are_reported_with_their_share(rows: pd.DataFrame) -> None:
    test = rows.copy()
    expected = dict.fromkeys(AMOUNTS[:1], 0.5) | dict.fromkeys(CATEGORIES[:1], 0.1)
    for name, share in expected.items():
        other = "new" if name in CATEGORIES else test[name].max() + 1
        test.loc[: int(len(test) * share) - 1, name] = other
    assert {name: round(share, 2) for name, share in unseen(rows, test).items()} == expected
