import asyncio
import json

import pytest
from conftest import GOOD
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from predictor.release import Champion
from predictor.serve.app import create_app
from predictor.serve.routes import Routes
from predictor.serve.server import wrapped
from predictor.serve.settings import Settings
from predictor.serve.shortcut import Shortcut
from predictor.serve.telemetry import Telemetry

Headers = list[tuple[str, str]]

KEY = ("X-API-Key", "key")
JSON = [("Content-Type", "application/json")]
ROW = json.dumps(GOOD).encode()
MOST = {"PREDICTOR_ROW_BYTES": "2000"}


def service(champion: Champion, **variables: str) -> TestClient:
    settings, telemetry = Settings.from_environment(MOST | variables), Telemetry()
    return TestClient(wrapped(create_app(champion, settings, telemetry), settings, telemetry))


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (ROW, JSON),
        (ROW, [("Content-Type", "application/json; charset=utf-8")]),
        (ROW, [("Content-Type", "text/plain")]),
        (ROW, [("Content-Type", "text/plain"), ("Content-Type", "application/json")]),
        (json.dumps(GOOD | {"class": "C"}).encode(), JSON),
        (b"{bad", JSON),
        (b"", JSON),
        (b" " * 2001, JSON),
    ],
    ids=["good", "charset", "type", "two types", "field", "syntax", "nothing", "too large"],
)
def test_with_the_shortcut_and_without_the_answer_is_the_same(
    champion: Champion, body: bytes, headers: Headers
) -> None:
    # With keys there is no shortcut.
    short, long = service(champion), service(champion, PREDICTOR_API_KEYS="key")
    numbered = [*headers, ("X-Request-ID", "same")]
    found = short.post("/predict", content=body, headers=numbered)
    same = long.post("/predict", content=body, headers=[*numbered, KEY])
    assert (found.status_code, found.json()) == (same.status_code, same.json())
    assert found.headers == same.headers
    counted = f'predictor_requests_total{{route="/predict",status="{found.status_code}"}} 1.0'
    assert counted in short.get("/metrics").text


def test_a_body_in_pieces_goes_to_the_application_whole(champion: Champion) -> None:
    pieces = [(ROW, True), (b" and more", False)]
    read = bytearray()

    async def application(_: Scope, receive: Receive, __: Send) -> None:
        while True:
            message = await receive()
            read.extend(message["body"])
            if not message["more_body"]:
                return

    async def receive() -> Message:
        body, more = pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": headers}
    shortcut = Shortcut(application, Routes(champion, Settings(), Telemetry()))
    asyncio.run(shortcut(scope, receive, send))
    assert read == ROW + b" and more"


def test_a_good_row_never_reaches_the_application(champion: Champion) -> None:
    async def unreachable(scope: Scope, _: Receive, __: Send) -> None:
        raise AssertionError(scope["path"])

    client = TestClient(Shortcut(unreachable, Routes(champion, Settings(), Telemetry())))
    assert client.post("/predict", json=GOOD).json()["model_version"] == "1"
    with pytest.raises(AssertionError, match="/predict"):
        client.post("/predict", json={})
