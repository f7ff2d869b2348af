import asyncio
import json
import logging

import pytest
from conftest import GOOD
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from predictor.release import Champion
from predictor.serve.app import create_app
from predictor.serve.edge import Edge
from predictor.serve.server import wrapped
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def client(champion: Champion, telemetry: Telemetry) -> TestClient:
    settings = Settings()
    return TestClient(wrapped(create_app(champion, settings, telemetry), settings, telemetry))


def test_answer_and_header_carry_the_number_of_the_request(client: TestClient) -> None:
    first, second = (client.post("/predict", json=GOOD) for _ in range(2))
    assert first.json()["request_id"] == first.headers["x-request-id"]
    assert first.json()["request_id"] != second.json()["request_id"]
    batch = client.post("/predict/batch", json=[GOOD])
    assert batch.json()["request_id"] == batch.headers["x-request-id"]


@pytest.mark.parametrize(
    ("given", "kept"), [("order-7.a_B", True), ("a b", False), ("x" * 65, False), ("<b>", False)]
)
def test_a_callers_own_number_is_kept_if_it_is_harmless(
    client: TestClient, given: str, kept: bool
) -> None:
    response = client.post("/predict", json=GOOD, headers={"X-Request-ID": given})
    assert (response.json()["request_id"] == given) is kept


def test_every_answer_has_the_headers_that_browsers_heed(client: TestClient) -> None:
    for response in (client.post("/predict", json=GOOD), client.get("/nowhere"), client.get("/")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert client.post("/predict", json=GOOD).headers["cache-control"] == "no-store"


def test_pages_of_other_origins_are_not_let_in_unless_named(champion: Champion) -> None:
    settings = Settings.from_environment({"PREDICTOR_CORS_ORIGINS": "https://a.example"})
    for chosen, allowed in ((Settings(), None), (settings, "https://a.example")):
        telemetry = Telemetry()
        client = TestClient(wrapped(create_app(champion, chosen, telemetry), chosen, telemetry))
        for origin in ("https://a.example", "https://b.example"):
            response = client.post("/predict", json=GOOD, headers={"Origin": origin})
            found = response.headers.get("access-control-allow-origin")
            assert found == (allowed if origin == allowed else None)


def test_a_log_line_names_the_request_and_holds_no_value_of_its_row(
    client: TestClient, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post("/predict", json=GOOD | {"größe": "secret value"}).json()
    client.post("/predict", json=GOOD | {"class": "secret value"})
    client.get("/health/live")
    written = capsys.readouterr().out
    good, bad = (json.loads(line) for line in written.splitlines())
    assert (good["message"], good["status"]) == ("POST /predict", 200)
    assert good["request_id"] == answer["request_id"]
    assert bad["status"] == 422
    assert "secret" not in written + caplog.text


def test_metrics_count_requests_and_answers(client: TestClient) -> None:
    answered = client.post("/predict", json=GOOD).json()
    client.post("/predict", json={})
    client.get("/nothing/here")
    client.get("/page/page.css")
    text = client.get("/metrics").text
    assert 'predictor_requests_total{route="/predict",status="200"} 1.0' in text
    assert 'predictor_requests_total{route="/predict",status="422"} 1.0' in text
    assert 'predictor_requests_total{route="unmatched",status="404"} 1.0' in text
    assert 'predictor_requests_total{route="files",status="200"} 1.0' in text
    assert 'predictor_request_seconds_count{route="/predict"} 2.0' in text
    said = str(answered["decision"]).lower()
    assert f'predictor_predictions_total{{answer="{said}"}} 1.0' in text


async def _broken(*_: object) -> None:
    raise ValueError("the secret of the house")


def test_a_fault_of_the_service_is_logged_and_not_told(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    response = TestClient(Edge(_broken, Settings(), telemetry)).get("/")
    assert (response.status_code, response.headers["content-type"]) == (
        500,
        "application/problem+json",
    )
    assert "secret" not in response.text
    assert "the secret of the house" in caplog.text
    assert "predictor_errors_total 1.0" in telemetry.exposition().decode()


def test_more_requests_than_places_are_told_to_come_again(telemetry: Telemetry) -> None:
    async def ask() -> list[int]:
        go, statuses = asyncio.Event(), list[int]()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await go.wait()
            await PlainTextResponse("done")(scope, receive, send)

        async def send(message: object) -> None:
            if isinstance(message, dict) and message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b""}

        edge = Edge(app, Settings(in_flight=2), telemetry)
        scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
        begun = [asyncio.create_task(edge(dict(scope), receive, send)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(*begun)
        return statuses

    assert asyncio.run(ask()) == [503, 200, 200]


def test_lines_are_json_with_level_time_and_number(capsys: pytest.CaptureFixture[str]) -> None:
    from predictor.serve import logs

    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    try:
        logs.install()
        token = logs.REQUEST_ID.set("r-1")
        logging.getLogger("predictor.x").warning("a\nb", extra={"status": 3, "color_message": "x"})
        logs.REQUEST_ID.reset(token)
    finally:
        root.handlers, root.level = before, level
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert said == {
        "level": "WARNING",
        "logger": "predictor.x",
        "message": "a\nb",
        "request_id": "r-1",
        "status": 3,
        "time": said["time"],
    }
