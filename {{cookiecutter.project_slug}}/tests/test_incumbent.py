from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from conftest import read_prepared
from tables import CONTRACT, MULTICLASS

from predictor.bundle import Bundle
from predictor.contract import Contract
from predictor.gate.incumbent import obstacle
from predictor.project import Project
from predictor.release import Champion

MARCH = date(2024, 3, 1)


@pytest.fixture
def bundle(champion: Champion) -> Bundle:
    return champion.bundle


@pytest.fixture
def test_rows(promoted: Project) -> pd.DataFrame:
    return read_prepared(promoted, "test")


def asking(bundle: Bundle, **changed: object) -> Bundle:
    return replace(bundle, contract=Contract.model_validate(CONTRACT | changed))


def knowing(bundle: Bundle, **changed: Any) -> Bundle:  # noqa: ANN401 (fields of the metadata)
    return replace(bundle, metadata=bundle.metadata.model_copy(update=changed))


def test_a_champion_trained_on_earlier_rows_can_be_compared(
    bundle: Bundle, test_rows: pd.DataFrame
) -> None:
    assert bundle.metadata.trained_until == date(2024, 2, 29)
    assert obstacle(bundle, bundle, test_rows, MARCH) is None


def test_a_champion_that_has_seen_the_rows_cannot(bundle: Bundle, test_rows: pd.DataFrame) -> None:
    seen = knowing(bundle, trained_until=MARCH)
    assert obstacle(seen, bundle, test_rows, MARCH) == (
        "it was trained until 2024-03-01, and the test begins on 2024-03-01"
    )
    unknown = knowing(bundle, trained_until=None)
    assert obstacle(unknown, bundle, test_rows, MARCH) == (
        "it does not say until when its training rows run"
    )


def test_without_a_time_only_the_same_deal_of_rows_can_be_compared(
    bundle: Bundle, test_rows: pd.DataFrame
) -> None:
    same = knowing(bundle, data_version="abc")
    assert same.metadata.split is not None
    assert obstacle(same, same, test_rows, None) is None
    others = (
        knowing(same, data_version="xyz"),
        knowing(same, split=same.metadata.split.model_copy(update={"seed": 8})),
    )
    for other in others:
        assert obstacle(other, same, test_rows, None) == (
            "it was split otherwise and may have seen these rows"
        )
    unknown = knowing(bundle, data_version="none")
    assert obstacle(unknown, unknown, test_rows, None) is not None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (MULTICLASS, "it solves a multiclass task, and this one is binary"),
        ({"target": {"column": "fails", "positive": "no"}}, "it predicts another target"),
        (
            {"columns": {"gone": {"type": "number"}}},
            "it needs 'gone', which the rows no longer have like that",
        ),
        (
            {"columns": {"pressure": {"type": "category"}}},
            "it needs 'pressure', which the rows no longer have like that",
        ),
    ],
    ids=["task", "target", "lost column", "other type"],
)
def test_a_champion_of_another_question_cannot_be_compared(
    bundle: Bundle, test_rows: pd.DataFrame, changed: dict[str, object], said: str
) -> None:
    assert obstacle(asking(bundle, **changed), bundle, test_rows, MARCH) == said
