import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import validation_errors
from fastapi.testclient import TestClient

from predictor import api
from predictor.batch import api as batch
from predictor.bundle import Bundle
from predictor.features import KINDS
from predictor.paths import CHAMPION, PREPARED
from predictor.schema import Row

JSON, CSV = "application/json", "text/csv"


@pytest.fixture
def client(promoted: Path) -> Iterator[TestClient]:
    with TestClient(api.app) as client:
        yield client


@pytest.fixture
def rows(promoted: Path) -> list[dict[str, Any]]:
    test = pd.read_parquet(PREPARED / "test.parquet")[list(KINDS)].head(20)
    records = test.astype(object).where(test.notna(), None).to_dict("records")
    return [Row.model_validate(each).model_dump(mode="json", by_alias=True) for each in records]


def as_csv(rows: list[dict[str, Any]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def send(client: TestClient, body: bytes, kind: str) -> Any:
    return client.post("/predict/batch", content=body, headers={"Content-Type": kind})


@pytest.mark.parametrize("kind", ["json", "comma", "semicolon", "byte order mark"])
def test_each_format_gets_the_predictions_of_single_rows(
    client: TestClient, rows: list[dict[str, Any]], kind: str
) -> None:
    body, content_type = {
        "json": (json.dumps(rows).encode(), JSON),
        "comma": (as_csv(rows), CSV),
        "semicolon": (as_csv(rows, ";"), CSV),
        "byte order mark": (b"\xef\xbb\xbf" + as_csv(rows), f"{CSV}; charset=utf-8"),
    }[kind]
    expected = Bundle.load(CHAMPION).predict_rows([Row.model_validate(row) for row in rows])
    response = send(client, body, content_type)
    assert response.status_code == 200
    assert response.json() == [each.model_dump(mode="json") for each in expected]


def test_the_first_row_that_does_not_fit_is_reported(
    client: TestClient, rows: list[dict[str, Any]]
) -> None:
    rows[3]["surprise"] = 1
    response = send(client, json.dumps(rows).encode(), JSON)
    assert response.status_code == 422
    assert validation_errors(response)[0]["loc"] == ["body", 3, "surprise"]


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"[]", JSON, "Send at least one row"),
        (b"{}", JSON, "not a JSON array"),
        (b"[1", JSON, "cannot be read"),
        (b"\xff", CSV, "cannot be read"),
        (b"a,b\n1\n", CSV, "a different number of cells"),
        (b'a\n"', CSV, "cannot be read"),
    ],
)
def test_a_body_that_is_not_a_table_is_rejected(
    client: TestClient, body: bytes, kind: str, message: str
) -> None:
    response = send(client, body, kind)
    assert response.status_code == 422
    assert message in validation_errors(response)[0]["msg"]


def test_another_content_type_is_refused(client: TestClient) -> None:
    response = send(client, b"<a/>", "application/xml")
    assert response.status_code == 415
    assert CSV in response.json()["detail"]


def test_too_many_rows_are_rejected_before_validation(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "ROWS", 10)
    response = send(client, b"[" + b"0," * 10 + b"0]", JSON)
    assert response.status_code == 413
    assert response.json()["detail"] == "Send at most 10 rows at a time."


def test_a_body_over_the_limit_is_refused(client: TestClient) -> None:
    assert send(client, b" " * (batch.BYTES + 1), JSON).status_code == 413


@pytest.mark.parametrize("columns", [25, 10_000])
def test_the_response_to_many_errors_in_a_row_is_short(client: TestClient, columns: int) -> None:
    row = {f"column {at}": at for at in range(columns)}
    response = send(client, json.dumps([row]).encode(), JSON)
    assert response.status_code == 422
    assert len(response.content) < 4000


def test_without_a_champion_the_response_is_503(
    promoted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREDICTOR_MODEL", str(tmp_path))
    with TestClient(api.app) as client:
        assert send(client, b"[]", JSON).status_code == 503
