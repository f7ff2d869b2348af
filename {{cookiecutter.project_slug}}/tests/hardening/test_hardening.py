import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.testclient import TestClient
from starlette.types import Message
from synthetic import FREE

from predictor import api
from predictor.errors import PredictorError
from predictor.features import CATEGORIES, KINDS
from predictor.hardening.api import install
from predictor.hardening.middleware import ApiKeys, RequestLimits, Settings
from predictor.hardening.problems import MEDIA_TYPE
from predictor.paths import CHAMPION, EXAMPLE


@pytest.fixture
def client(promoted: Path) -> Iterator[TestClient]:
    with TestClient(api.app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def example(promoted: Path) -> dict[str, Any]:
    row: dict[str, Any] = json.loads((CHAMPION / EXAMPLE).read_text())
    return row


def test_every_error_is_a_problem(client: TestClient, example: dict[str, Any]) -> None:
    for response, status in (
        (client.post("/predict", json={}), 422),
        (client.post("/predict", json=example | {next(iter(KINDS)): []}), 422),
        (client.get("/nothing"), 404),
        (client.get("/predict"), 405),
    ):
        assert response.status_code == status
        assert response.headers["content-type"] == MEDIA_TYPE
        assert response.json()["status"] == status
        assert response.json()["detail"]


def test_an_internal_error_is_a_problem_without_details(
    client: TestClient,
    example: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(api, "champion", lambda _: 1 / 0)
    given = {"X-Request-ID": "f" * 32}
    with caplog.at_level(logging.INFO, "predictor.request"):
        response = client.post("/predict", json=example, headers=given)
    assert response.status_code == 500
    assert response.json()["detail"] == "Internal error: see the log of the service for details."
    assert response.headers["x-request-id"] == given["X-Request-ID"]
    assert [vars(each)["status"] for each in caplog.records if "/predict" in each.message] == [500]


def test_openapi_describes_the_problems(client: TestClient) -> None:
    responses = client.get("/openapi.json").json()["paths"]["/predict"]["post"]["responses"]
    assert {"200", "422", "503"} <= responses.keys()
    assert list(responses["422"]["content"]) == [MEDIA_TYPE]


def test_a_request_has_an_id_and_a_log_line(
    client: TestClient, example: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    given = "0123456789abcdef0123456789abcdef"  # pragma: allowlist secret
    with caplog.at_level(logging.INFO, "predictor.request"):
        response = client.post("/predict", json=example, headers={"X-Request-ID": given})
    assert response.headers["x-request-id"] == given
    (record,) = (each for each in caplog.records if each.name == "predictor.request")
    assert (record.getMessage(), vars(record)["status"]) == ("POST /predict", 200)
    assert len(client.get("/health/live").headers["x-request-id"]) == 32


def test_no_log_line_holds_a_value_of_a_row(
    client: TestClient, example: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post("/predict", json=example | dict.fromkeys(CATEGORIES, "a secret name"))
        client.post("/predict", json=example | {next(iter(KINDS)): ["a secret"]})
    assert "secret" not in caplog.text


def test_metrics_count_requests_and_unseen_categories(
    client: TestClient, example: dict[str, Any]
) -> None:
    client.post("/predict", json=example | dict.fromkeys(FREE[:1], "never seen"))
    text = client.get("/metrics").text
    assert 'http_route="/predict"' in text
    assert "predictor_failed_reloads_total" in text
    for name in FREE[:1]:
        assert f'predictor_unseen_categories_total{{column="{name}"' in text


@pytest.mark.parametrize("keys", [",", "", "a,", " , a"])
def test_an_empty_key_stops_the_service_from_starting(
    monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    monkeypatch.setenv("PREDICTOR_API_KEYS", keys)
    with pytest.raises(PredictorError, match=r"PREDICTOR_API_KEYS: .* at least 1 char"):
        install(FastAPI())


@pytest.mark.parametrize(("name", "value"), [("MAX_CONCURRENCY", "0"), ("TIMEOUT", "never")])
def test_an_invalid_limit_stops_the_service_from_starting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"PREDICTOR_{name}", value)
    with pytest.raises(PredictorError, match=rf"PREDICTOR_{name}: Input should be"):
        Settings.read()


@pytest.fixture
def guarded() -> TestClient:
    """Return a small service that needs a key and says whether it has read a body."""
    app = FastAPI()
    app.state.read = False

    @app.post("/predict")
    async def predict(body: dict[str, int]) -> int:
        app.state.read = True
        return len(body)

    @app.get("/metrics")
    @app.get("/health/live")
    @app.get("/docs-of-mine")
    async def get() -> str:
        return "open"

    app.add_middleware(ApiKeys, settings=Settings(api_keys="first, second"))
    return TestClient(app)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-API-Key": "third"}, 401),
        ({"X-API-Key": ""}, 401),
        ({"Authorization": "Bearer third"}, 401),
        ({"X-API-Key": "first"}, 200),
        ({"X-API-Key": "second"}, 200),
        ({"Authorization": "Bearer first"}, 200),
    ],
)
def test_only_a_valid_key_is_accepted(
    guarded: TestClient, headers: dict[str, str], status: int
) -> None:
    assert guarded.post("/predict", json={}, headers=headers).status_code == status
    assert guarded.get("/metrics", headers=headers).status_code == status
    assert guarded.get("/health/live", headers=headers).status_code == 200


def test_the_key_is_checked_before_the_body_is_read(guarded: TestClient) -> None:
    def body() -> Iterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return next({"type": "http.request", "body": part} for part in body())

    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": []}
    run_app(guarded.app, scope, receive, send)
    assert sent[0]["status"] == 401


@pytest.fixture
def working() -> Iterator[TestClient]:
    """Return a service with a limit of two requests and a timeout of half a second."""
    app = FastAPI()
    app.state.go_on = threading.Event()

    @app.post("/work")
    def work(body: dict[str, int]) -> int:
        app.state.go_on.wait(5)
        return len(body)

    app.add_middleware(RequestLimits, settings=Settings(max_concurrency=2, timeout=0.5))
    with TestClient(app) as client:
        yield client
        app.state.go_on.set()


def test_requests_over_the_limit_are_rejected(working: TestClient) -> None:
    results: list[int] = []

    def ask() -> None:
        results.append(working.post("/work", json={}).status_code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    refused = working.post("/work", json={})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    working.app.state.go_on.set()  # type: ignore[attr-defined]
    for thread in threads:
        thread.join()
    assert results == [200, 200]
    assert working.post("/work", json={}).status_code == 200


def run_app(app: Any, *arguments: Any) -> None:
    asyncio.run(app(*arguments))


def run(app: RequestLimits, body: list[Message], seconds: float = 0) -> list[Message]:
    """Send messages with a pause before each, and return what comes back."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(seconds)
        return body.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/work", "headers": []}
    run_app(app, scope, receive, send)
    return sent


def test_a_slow_upload_does_not_count_and_ends_at_the_timeout() -> None:
    async def app(_: object, receive: Any, __: object) -> None:
        while (await receive()).get("more_body"):
            assert work.free == 2

    work = RequestLimits(app, Settings(max_concurrency=2, timeout=0.3))
    part = {"type": "http.request", "body": b" ", "more_body": True}
    sent = run(work, [part] * 100, seconds=0.05)
    assert (sent[0]["status"], work.free) == (503, 2)


def test_work_that_cannot_be_stopped_counts_until_it_ends() -> None:
    seen: list[int] = []

    async def app(_: object, receive: Any, __: object) -> None:
        await receive()
        try:
            await run_in_threadpool(time.sleep, 0.5)
        finally:
            seen.append(work.free)
        await asyncio.sleep(0)  # where the work would continue

    work, start = RequestLimits(app, Settings(max_concurrency=2, timeout=0.1)), time.monotonic()
    sent = run(work, [{"type": "http.request", "body": b"", "more_body": False}])
    assert sent[0]["status"] == 503
    assert (seen, work.free) == ([1], 2)
    assert time.monotonic() - start > 0.5
