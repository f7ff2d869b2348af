import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import GOOD, read_prepared
from fastapi.testclient import TestClient

from predictor.evaluate import example
from predictor.project import Project
from predictor.release import Champion
from predictor.serve.app import create_app
from predictor.serve.server import wrapped
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry

Rows = list[dict[str, object]]


def as_json(rows: Rows) -> bytes:
    return json.dumps(rows).encode()


def as_json_lines(rows: Rows) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows) + b"\n\n"


def as_csv(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    return ("\ufeff" + text.getvalue()).encode()


WRITERS: dict[str, Callable[[Rows], bytes]] = {
    "application/json": as_json,
    "application/x-ndjson; charset=utf-8": as_json_lines,
    "text/csv": as_csv,
}


@pytest.fixture
def client(champion: Champion) -> TestClient:
    settings, telemetry = Settings(batch_rows=30, batch_bytes=20_000, row_bytes=1000), Telemetry()
    return TestClient(wrapped(create_app(champion, settings, telemetry), settings, telemetry))


def send(client: TestClient, content: bytes, kind: str = "application/json") -> Any:  # noqa: ANN401
    return client.post("/predict/batch", content=content, headers={"Content-Type": kind})


@pytest.mark.parametrize("kind", WRITERS)
def test_rows_get_the_answers_that_each_gets_alone(
    client: TestClient, champion: Champion, promoted: Project, kind: str
) -> None:
    test = read_prepared(promoted, "test").head(20)
    rows = [example(champion.bundle.contract, test[at : at + 1]) for at in range(len(test))]
    alone = [client.post("/predict", json=row).json() for row in rows]
    answer = send(client, WRITERS[kind](rows), kind).json()
    fields = ("probability", "decision", "threshold")
    assert answer["predictions"] == [{name: one[name] for name in fields} for one in alone]
    assert answer["model_version"] == "1"


@pytest.mark.parametrize("kind", WRITERS)
def test_a_bad_row_is_named_by_number_and_field(client: TestClient, kind: str) -> None:
    response = send(client, WRITERS[kind]([GOOD, GOOD | {"pressure": "high"}, GOOD]), kind)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["row 2, pressure"]


@pytest.mark.parametrize("kind", WRITERS)
def test_more_rows_than_allowed_are_refused(client: TestClient, kind: str) -> None:
    response = send(client, WRITERS[kind]([GOOD] * 31), kind)
    assert (response.status_code, response.json()["detail"]) == (
        413,
        "Send at most 30 rows at a time.",
    )


def in_pieces(size: int) -> Iterator[bytes]:
    """Yield a body without saying how long it will be."""
    for _ in range(size // 100):
        yield b" " * 100


@pytest.mark.parametrize(("path", "most"), [("/predict", 1000), ("/predict/batch", 20_000)])
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_larger_than_allowed_is_refused(
    client: TestClient, path: str, most: int, announced: bool
) -> None:
    content = b" " * (most + 1) if announced else in_pieces(most + 100)
    response = client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert response.json()["detail"] == f"The body is too large: send at most {most:,} bytes."


@pytest.mark.parametrize(
    ("kind", "content", "sentence"),
    [
        ("application/json", b"{}", "body: send a JSON array of rows."),
        ("application/json", b"[]", "body: send at least one row."),
        ("application/json", b"[" * 10_000, "body: not JSON: recursion limit exceeded"),
        ("application/json", b'["\xff"]', "body: not JSON: invalid unicode code point"),
        ("application/json", b"[1]", "row 1: "),
        ("application/x-ndjson", b"\n{", "line 2: not JSON: EOF"),
        ("text/csv", b"class,is.open\nA", "line 2: has another number of cells than the header."),
        ("text/csv", b"class\nA,B", "line 2: has another number of cells than the header."),
        ("text/csv", b'class\n"A', "body: not CSV: "),
        ("text/csv", b"class\n\xff", "body: not UTF-8: invalid start byte at byte 6."),
        ("text/csv", b"", "body: send at least one row."),
    ],
)
def test_a_body_that_is_no_table_is_one_sentence(
    client: TestClient, kind: str, content: bytes, sentence: str
) -> None:
    response = send(client, content, kind)
    assert response.status_code == 422
    assert response.json()["detail"].startswith(sentence)


def test_another_content_type_is_told_which_ones_there_are(client: TestClient) -> None:
    response = send(client, b"[]", "text/plain")
    assert response.status_code == 415
    assert "application/json, application/x-ndjson, text/csv" in response.json()["detail"]


def test_empty_cells_are_missing_values(client: TestClient) -> None:
    without = {name: value for name, value in GOOD.items() if name != "pressure"}
    (alone,) = send(client, as_json([without])).json()["predictions"]
    (cell,) = send(client, as_csv([GOOD | {"pressure": ""}]), "text/csv").json()["predictions"]
    assert cell == alone
