import json
import socket
import subprocess
import sys
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tables
from conftest import GOOD, read_prepared
from fastapi.testclient import TestClient
from pydantic import ValidationError

from predictor.bundle import Bundle
from predictor.contract import Contract
from predictor.encoding import encode
from predictor.errors import PredictorError
from predictor.evaluate import example
from predictor.project import Project
from predictor.release import Champion, NoChampionError
from predictor.serve.app import create_app
from predictor.serve.schema import row_model
from predictor.serve.server import serve
from predictor.serve.settings import Settings

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(champion: Champion) -> TestClient:
    return TestClient(create_app(champion))


def test_the_service_answers_like_the_bundle_on_real_rows(
    client: TestClient, champion: Champion, promoted: Project
) -> None:
    test = read_prepared(promoted, "test").head(20)
    contract = champion.bundle.contract
    rows = [example(contract, test[at : at + 1]) for at in range(len(test))]
    answers = [client.post("/predict", json=row).json()["probability"] for row in rows]
    assert answers == pytest.approx(champion.bundle.predict(test)[:, 0].tolist(), rel=1e-6)
    assert len(set(answers)) > 5


def test_an_answer_names_version_threshold_and_decision(client: TestClient) -> None:
    answer = client.post("/predict", json=GOOD).json()
    assert answer == {
        "probability": answer["probability"],
        "decision": answer["probability"] >= 0.25,
        "threshold": 0.25,
        "model_version": "1",
        "request_id": "none",
    }


def test_a_timestamp_gives_the_features_that_ingesting_it_gives(champion: Champion) -> None:
    frame = pd.DataFrame([GOOD | {"read at": pd.Timestamp(str(GOOD["read at"]))}])
    listed = {name: [value] for name, value in GOOD.items()}
    listed["read at"] = [datetime.fromisoformat(str(GOOD["read at"]))]
    contract = champion.bundle.contract
    np.testing.assert_array_equal(encode(contract, frame).numbers, encode(contract, listed).numbers)


def test_a_value_that_may_be_missing_may_be_left_out(client: TestClient) -> None:
    without = {name: value for name, value in GOOD.items() if name not in ("pressure", "größe")}
    null = GOOD | {"pressure": None, "größe": None}
    assert client.post("/predict", json=without).json() == client.post("/predict", json=null).json()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pressure": "high"}, "pressure"),
        ({"pressure": 1e9}, "pressure"),
        ({"class": "C"}, "class"),
        ({"is.open": "yes"}, "is.open"),
        ({"read at": "2024-03-01T10:30:00+01:00"}, "read at"),
        ({"is.open": None}, "is.open"),
        ({"colour": "red"}, "colour"),
        ({"größe": "\ud800"}, "body"),
        ({"pressure": float("inf")}, "pressure"),
    ],
    ids=[
        "text",
        "range",
        "category",
        "boolean",
        "offset",
        "missing",
        "unknown",
        "lone surrogate",
        "infinite",
    ],
)
def test_a_bad_field_is_named(client: TestClient, change: dict[str, Any], field: str) -> None:
    body = json.dumps(GOOD | change)
    response = client.post("/predict", content=body, headers=JSON)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert response.json()["detail"].startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("content", "kind"),
    [("{bad", "application/json"), ("[]", "application/json"), ("", "application/json")],
    ids=["syntax", "list", "nothing"],
)
def test_a_body_that_is_no_row_is_told_so(client: TestClient, content: str, kind: str) -> None:
    for path in ("/predict", "/explain"):
        response = client.post(path, content=content, headers={"Content-Type": kind})
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == ["body"]


def test_a_row_of_another_content_type_is_told_the_right_one(client: TestClient) -> None:
    content, kind = json.dumps(GOOD), {"Content-Type": "text/plain"}
    response = client.post("/predict", content=content, headers=kind)
    assert response.status_code == 415
    assert "with Content-Type: application/json" in response.json()["detail"]


def test_the_service_starts_without_the_libraries_of_training() -> None:
    heavy = {"pandas", "sklearn", "mlflow", "skl2onnx", "dvc", "filelock", "matplotlib"}
    code = "import sys, predictor.serve.server, predictor.cli.main; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert heavy & set(result.stdout.split()) == set()


def test_the_documentation_shows_the_columns_of_the_contract(client: TestClient) -> None:
    row = client.get("/openapi.json").json()["components"]["schemas"]["Row"]
    assert list(row["properties"]) == list(GOOD)
    assert row["required"] == ["read at", "class", "is.open"]


def test_the_model_says_where_it_comes_from(client: TestClient, champion: Champion) -> None:
    model = client.get("/model").json()
    assert (model["name"], model["version"]) == ("small-table", "1")
    assert 0 <= model["age_seconds"] < 3600
    assert model["metrics"] == champion.release.evaluation.model
    assert model["verdict"] == champion.release.verdict.model_dump(mode="json")
    assert model["typical"] == champion.bundle.statistics.typical()
    assert model["metadata"]["checksums"] == champion.bundle.metadata.checksums
    assert list(model["contract"]["columns"]) == list(GOOD)


def test_health_tells_the_version(client: TestClient) -> None:
    assert client.get("/health/live").json()["status"] == "live"
    assert client.get("/health/ready").json() == {"status": "ready", "model_version": "1"}


def test_without_a_champion_the_sentence_says_what_to_run() -> None:
    client = TestClient(create_app(NoChampionError("run `uv run predictor promote`")))
    response = client.post("/predict", json=GOOD)
    assert response.status_code == 503
    assert response.json()["detail"] == "run `uv run predictor promote`"
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200


def test_a_port_in_use_is_a_sentence(promoted: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PredictorError, match=f"Port {port} of 127.0.0.1 cannot be used"):
            serve(promoted.models, Settings(), "127.0.0.1", port)


def test_a_row_to_which_the_model_has_no_number_is_told_so(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = np.array([[0.5], [np.nan]], dtype=np.float32)
    monkeypatch.setattr(Bundle, "predict", lambda *_: nothing)
    response = client.post("/predict/batch", json=[GOOD, GOOD])
    sentence = "body: row 2: the model has no answer to values this extreme."
    assert (response.status_code, response.json()["detail"]) == (422, sentence)


@pytest.mark.parametrize(("value", "faults"), [(3e38, 0), (-3e38, 0), (4e38, 1), (10**400, 1)])
def test_a_number_without_a_range_must_fit_single_precision(value: float, faults: int) -> None:
    contract = Contract.model_validate(tables.CONTRACT | {"columns": {"x": {"type": "number"}}})
    found = 0
    try:
        row_model(contract, {}).model_validate({"x": value})
    except ValidationError as error:
        found = error.error_count()
    assert found == faults
