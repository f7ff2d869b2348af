from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from predictor import api
from predictor.bundle import Bundle
from predictor.features import KINDS
from predictor.paths import CHAMPION, PREPARED
from predictor.schema import Row


@pytest.fixture
def client(promoted: Path) -> Iterator[TestClient]:
    with TestClient(api.app) as client:
        yield client


@pytest.fixture
def example(promoted: Path) -> dict[str, Any]:
    row = pd.read_parquet(PREPARED / "test.parquet")[list(KINDS)].head(1)
    record = row.astype(object).where(row.notna(), None).to_dict("records")[0]
    return Row.model_validate(record).model_dump(mode="json", by_alias=True)


def test_an_effect_is_the_difference_from_the_typical_value(
    client: TestClient, example: dict[str, Any]
) -> None:
    response = client.post("/explain", json=example).json()
    champion, row = Bundle.load(CHAMPION), Row.model_validate(example)
    for found in response["contributions"]:
        other = Row.model_validate(example | {found["column"]: found["typical"]})
        here, there = champion.predict(columns(row)), champion.predict(columns(other))
        at = here[0].argmax() if here.ndim > 1 else ...
        assert found["effect"] == pytest.approx(
            float((here[0] - there[0])[at]), abs=1e-6 * max(1, np.abs(here).max())
        )


def columns(row: Row) -> dict[str, list[Any]]:
    return {name: [value] for name, value in row.model_dump(by_alias=True).items()}


def test_every_column_is_listed_the_largest_effect_first(
    client: TestClient, example: dict[str, Any]
) -> None:
    found = client.post("/explain", json=example).json()["contributions"]
    effects = [abs(each["effect"]) for each in found]
    assert {each["column"] for each in found} == set(KINDS)
    assert effects == sorted(effects, reverse=True)
    assert effects[0] > 0


def test_explain_and_predict_agree(client: TestClient, example: dict[str, Any]) -> None:
    explained = client.post("/explain", json=example).json()
    assert explained["prediction"] == client.post("/predict", json=example).json()


def test_a_row_that_does_not_fit_is_refused(client: TestClient, example: dict[str, Any]) -> None:
    assert client.post("/explain", json=example | {next(iter(KINDS)): []}).status_code == 422
