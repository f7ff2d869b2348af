import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import validation_errors
from fastapi.testclient import TestClient
from synthetic import FIELDS

from predictor import api
from predictor.bundle import METADATA, MODEL, PROMOTION, Bundle
from predictor.features import KINDS, NUMBERS
from predictor.paths import CHAMPION, EXAMPLE
from predictor.schema import Row


@pytest.fixture
def client(promoted: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(api, "RELOAD_SECONDS", 0.05)
    with TestClient(api.app) as client:
        yield client


@pytest.fixture
def example(promoted: Path) -> dict[str, object]:
    row: dict[str, object] = json.loads((CHAMPION / EXAMPLE).read_text())
    return row


def wait_until(client: TestClient, name: str, value: object) -> None:
    """Wait until a field of /health/ready has a value."""
    for _ in range(100):
        if client.get("/health/ready").json()[name] == value:
            return
        time.sleep(0.05)
    pytest.fail(f"{name} is {client.get('/health/ready').json()[name]}, not {value}")


def promote_again(version: str) -> None:
    """Promote the same model again, with another version."""
    fresh = CHAMPION.with_name("fresh")
    shutil.copytree(CHAMPION, fresh)
    (fresh / PROMOTION).write_text(json.dumps({"version": version, "recipe": "r"}))
    shutil.rmtree(CHAMPION)
    fresh.rename(CHAMPION)


def test_predict_returns_the_prediction_of_the_bundle(
    client: TestClient, example: dict[str, object]
) -> None:
    response = client.post("/predict", json=example)
    expected = Bundle.load(CHAMPION).predict_rows([Row.model_validate(example)])[0]
    assert response.status_code == 200
    assert response.json() == expected.model_dump(mode="json")


def test_model_returns_the_metadata_of_the_champion(client: TestClient) -> None:
    assert client.get("/model").json() == Bundle.load(CHAMPION).metadata.model_dump(mode="json")


def test_the_service_is_live_and_ready(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    ready = {"status": "ready", "model_version": "1", "failed_reloads": 0}
    assert client.get("/health/ready").json() == ready


def test_without_a_champion_the_error_names_the_command(
    promoted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: dict[str, object]
) -> None:
    monkeypatch.setenv("PREDICTOR_MODEL", str(tmp_path))
    with TestClient(api.app) as client:
        for response in (client.post("/predict", json=example), client.get("/health/ready")):
            assert response.status_code == 503
            assert "uv run predictor promote" in response.json()["detail"]
        assert client.get("/health/live").status_code == 200


def test_a_promoted_model_is_loaded(client: TestClient, example: dict[str, object]) -> None:
    promote_again("2")
    wait_until(client, "model_version", "2")
    assert client.post("/predict", json=example).json()["model_version"] == "2"


def test_a_changed_bundle_of_the_same_version_is_loaded(client: TestClient) -> None:
    metadata = json.loads((CHAMPION / METADATA).read_text())
    (CHAMPION / METADATA).write_text(json.dumps(metadata | {"train_rows": 1}))
    for _ in range(100):
        if client.get("/model").json()["train_rows"] == 1:
            return
        time.sleep(0.05)
    pytest.fail("the new champion is not served")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (MODEL, b"truncated"),
        (METADATA, b"{}"),
        (METADATA, b'{"train_rows": ' + b"9" * 5000 + b"}"),
        (PROMOTION, b'{"version"'),
    ],
    ids=["model", "metadata", "a number of 5,000 digits", "promotion"],
)
def test_a_broken_champion_is_refused_once_and_the_next_one_is_served(
    client: TestClient, caplog: pytest.LogCaptureFixture, name: str, content: bytes
) -> None:
    whole = (CHAMPION / name).read_bytes()
    (CHAMPION / name).write_bytes(content)
    wait_until(client, "failed_reloads", 1)
    time.sleep(0.3)
    assert client.get("/health/ready").json()["failed_reloads"] == 1
    assert client.get("/health/ready").json()["model_version"] == "1"
    assert "cannot be served" in caplog.text
    (CHAMPION / name).write_bytes(whole)
    promote_again("3")
    wait_until(client, "model_version", "3")


def test_a_champion_of_another_schema_is_rejected_and_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predictor.bundle.FEATURES", ["other"])
    promote_again("2")
    wait_until(client, "failed_reloads", 1)
    assert client.get("/health/ready").json()["model_version"] == "1"
    assert "was trained with another schema.py" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'"text"',
        b"\xff\xfe",
        b'{"\\ud800": 1}',
        b"{" + b'"a": 1, ' * 100 + b'"a": 1}',
        b"[" * 2000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_malformed_body_is_a_client_error(client: TestClient, body: bytes) -> None:
    response = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.json()["detail"]


@pytest.mark.skipif(not NUMBERS, reason="no column is a number")
@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400", '"text"', "[]", "1e39"])
def test_a_value_that_is_not_a_number_is_reported(
    client: TestClient, example: dict[str, object], value: str
) -> None:
    body = json.dumps(example | {NUMBERS[0]: "HERE"}).replace('"HERE"', value)
    response = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert validation_errors(response)[0]["loc"] == ["body", NUMBERS[0]]


def test_a_missing_and_an_unknown_column_are_reported(
    client: TestClient, example: dict[str, object]
) -> None:
    name = next(name for name, field in FIELDS.items() if field.is_required())
    row = {key: value for key, value in example.items() if key != name} | {"surprise": 1}
    errors = validation_errors(client.post("/predict", json=row))
    assert [(each["loc"][1], each["type"]) for each in errors] == [
        (name, "missing"),
        ("surprise", "extra_forbidden"),
    ]


def test_the_response_to_many_errors_is_short(client: TestClient) -> None:
    response = client.post("/predict", json={f"column {at}": at for at in range(100)})
    assert response.status_code == 422
    assert len(validation_errors(response)) == api.SHOWN_ERRORS
    assert len(response.content) < 4000


def test_a_body_that_is_too_large_is_rejected(client: TestClient) -> None:
    body = b" " * (api.ROW_BYTES + 1)
    response = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 413


def test_the_documentation_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200


def test_openapi_describes_the_row_with_the_schema(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas[Row.__name__]["properties"].keys() == KINDS.keys()
    assert schemas[Row.__name__]["additionalProperties"] is False
