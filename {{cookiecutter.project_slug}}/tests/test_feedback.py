import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from predictor.release import Champion
from predictor.serve.app import create_app
from predictor.serve.settings import Settings


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "new" / "feedback.jsonl"


@pytest.fixture
def client(champion: Champion, log: Path) -> TestClient:
    return TestClient(create_app(champion, Settings(feedback=log)))


def test_a_label_is_on_disk_once_it_is_accepted(client: TestClient, log: Path) -> None:
    response = client.post("/feedback", json={"request_id": "a-1", "label": True})
    assert response.status_code == 202
    (line,) = log.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {**json.loads(line), "request_id": "a-1", "label": True}


def test_half_a_line_of_a_killed_process_spoils_no_other(client: TestClient, log: Path) -> None:
    log.parent.mkdir()
    log.write_bytes(b'{"request_id": "tor')
    client.post("/feedback", json={"request_id": "a-1", "label": False})
    assert [json.loads(line)["label"] for line in log.read_bytes().splitlines()[1:]] == [False]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"request_id": "a b", "label": True}, "request_id"),
        ({"request_id": "a", "label": "yes"}, "label"),
        ({"request_id": "a", "label": 1}, "label"),
        ({"label": True}, "request_id"),
        ({"request_id": "a", "label": True, "row": {}}, "row"),
    ],
)
def test_a_bad_label_is_named_and_not_stored(
    client: TestClient, log: Path, body: dict[str, object], field: str
) -> None:
    response = client.post("/feedback", json=body)
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not log.exists()


def test_a_disk_that_takes_nothing_is_a_sentence(champion: Champion, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(feedback=tmp_path / "file" / "feedback.jsonl")
    client = TestClient(create_app(champion, settings))
    response = client.post("/feedback", json={"request_id": "a", "label": True})
    assert (response.status_code, response.headers["content-type"]) == (
        507,
        "application/problem+json",
    )
