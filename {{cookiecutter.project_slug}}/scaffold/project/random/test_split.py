import numpy as np
import pandas as pd
import pytest

from predictor import split as module
from predictor.errors import PredictorError
from predictor.features import KINDS
from predictor.schema import TARGET
from predictor.split import TARGET_TYPE, Ingest, Prepare, groups, raw_files, split

PARAMS = Prepare(test_share=0.25, valid_share=0.2, seed=1)


def test_there_is_one_file_with_all_rows(rows: pd.DataFrame) -> None:
    (found,) = raw_files(rows, Ingest()).values()
    pd.testing.assert_frame_equal(found, rows)


def test_the_split_shares_no_row_and_loses_none(rows: pd.DataFrame) -> None:
    parts = split(rows.assign(number=range(len(rows))), PARAMS)
    together = pd.concat(parts.values())["number"]
    assert sorted(together) == list(range(len(rows)))
    assert [round(len(part) / len(rows), 2) for part in parts.values()] == [0.6, 0.15, 0.25]


def test_only_the_seed_decides(rows: pd.DataFrame) -> None:
    first, again = (split(rows, PARAMS)["test"] for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    other = split(rows, PARAMS.model_copy(update={"seed": 2}))["test"]
    assert not first.equals(other)


@pytest.mark.skipif(TARGET_TYPE is float, reason="the target has no classes")
def test_classes_have_the_same_share_in_each_part(rows: pd.DataFrame) -> None:
    expected = rows[TARGET].value_counts(normalize=True)
    for part in split(rows, PARAMS).values():
        found = part[TARGET].value_counts(normalize=True)
        assert (found - expected).abs().max() < 0.02


def test_equal_rows_are_on_one_side(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEW", 0)
    twice = pd.concat([rows, rows], ignore_index=True)
    parts = split(twice, PARAMS)
    hashes = [
        set(pd.util.hash_pandas_object(part[list(KINDS)], index=False)) for part in parts.values()
    ]
    assert sum(map(len, hashes)) == len(set.union(*hashes))
    assert groups(twice)[1] == f"{groups(rows)[0].max() + 1:,} groups of rows"


def test_a_few_rows_that_repeat_often_are_independent(rows: pd.DataFrame) -> None:
    codes, over = groups(pd.concat([rows.iloc[:2]] * 100, ignore_index=True))
    np.testing.assert_array_equal(codes, np.arange(200))
    assert over == "200 rows"


def test_rows_of_an_entity_are_one_group(
    rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GROUP", "entity")
    few = rows.iloc[[0, 1, 2, 1, 3]].assign(entity=["a", "a", "b", "b", "c"])
    codes, over = groups(few)
    np.testing.assert_array_equal(codes, [0, 0, 1, 1, 2])
    assert over == "3 groups of rows"


@pytest.mark.skipif(TARGET_TYPE is float, reason="the target has no classes")
def test_a_class_with_one_row_is_an_error(rows: pd.DataFrame) -> None:
    rare = rows[rows[TARGET] != rows[TARGET].iloc[0]]
    with pytest.raises(PredictorError, match="the rows cannot be split: The least populated class"):
        split(pd.concat([rare, rows.iloc[:1]], ignore_index=True), PARAMS)
