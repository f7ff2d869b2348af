import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from predictor.release import Champion
from predictor.serve import exchange
from predictor.serve.app import create_app
from predictor.serve.edge import Edge
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


class Client:
    """A client that sends its body in pieces, as ASGI shows it.

    One that `stalls` never ends its body, one that `hangs_up` does so instead, and one that is
    `deaf` reads nothing of the answer.
    """

    def __init__(self, pieces: int, *traits: str, **headers: str) -> None:
        self.left, self.traits = pieces, traits
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": "/predict",
            "query_string": b"",
            "headers": fields,
        }
        self.told: list[int] = []
        self.left_when_told = -1
        self.closed = False

    async def receive(self) -> Message:
        if self.left == 0:
            if "hangs up" in self.traits:
                return {"type": "http.disconnect"}
            await asyncio.sleep(60)
        self.left -= 1
        more = self.left != 0 or bool(self.traits)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": more}

    async def send(self, message: Message) -> None:
        if "deaf" in self.traits:
            await asyncio.sleep(60)
        if message["type"] == "http.response.start":
            self.told.append(message["status"])
            self.left_when_told = self.left
            self.closed = (b"connection", b"close") in message["headers"]


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("no", 503)(scope, receive, send)


async def _read(scope: Scope, receive: Receive, send: Send) -> None:
    await Request(scope, receive).body()
    await PlainTextResponse("read")(scope, receive, send)


def asked(edge: Edge, client: Client, seconds: float = 5) -> Client:
    """Let the client ask, and fail unless the service is done with it in time."""

    async def ask() -> None:
        watch = asyncio.create_task(edge.watch())
        async with asyncio.timeout(seconds):
            await edge(client.scope, client.receive, client.send)
        watch.cancel()

    asyncio.run(ask())
    assert edge.open == {}
    assert edge.in_flight == 0
    return client


@pytest.fixture
def refusing(telemetry: Telemetry) -> Edge:
    return Edge(_refuse, Settings(row_bytes=5000), telemetry)


def test_a_body_that_is_refused_is_read_so_that_its_sender_hears_why(refusing: Edge) -> None:
    client = asked(refusing, Client(4))
    assert (client.told, client.left_when_told, client.closed) == ([503], 0, False)


def test_a_body_that_is_refused_is_not_read_without_end(
    refusing: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = asked(refusing, Client(-1))
    assert (endless.told, endless.left_when_told, endless.closed) == ([503], -6, True)
    monkeypatch.setattr(exchange, "LINGER_SECONDS", 0.01)
    stalled = asked(refusing, Client(1, "stalls"))
    assert (stalled.told, stalled.left_when_told, stalled.closed) == ([503], 0, True)


def test_a_client_that_asks_before_it_sends_is_not_asked_for_what_is_refused(
    refusing: Edge,
) -> None:
    client = asked(refusing, Client(4, expect="100-continue"))
    assert (client.told, client.left_when_told, client.closed) == ([503], 4, True)


def test_a_refusal_that_lingers_too_long_is_still_an_answer(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predictor.serve.edge.TICK_SECONDS", 0.01)
    monkeypatch.setattr(exchange, "LINGER_SECONDS", 0.1)
    edge = Edge(_refuse, Settings(answer_seconds=0.01), telemetry)
    assert asked(edge, Client(1, "stalls")).told == [503]


def test_a_client_that_hears_nothing_is_given_up(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predictor.serve.edge.TICK_SECONDS", 0.01)
    monkeypatch.setattr("predictor.serve.edge.LAST_WORD_SECONDS", 0.01)
    edge = Edge(_read, Settings(answer_seconds=0.01), telemetry)
    assert asked(edge, Client(1, "deaf")).told == []
    assert 'status="0"} 1.0' in telemetry.exposition().decode()


def test_a_client_that_hangs_up_is_no_fault_of_the_service(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture, champion: Champion
) -> None:
    settings = Settings()
    for app in (_read, create_app(champion, settings, telemetry)):
        client = Client(1, "hangs up", **{"content-type": "application/json"})
        assert asked(Edge(app, settings, telemetry), client).told == []
    metrics = telemetry.exposition().decode()
    assert metrics.count('status="499"} 1.0') == 2
    assert "predictor_errors_total 0.0" in metrics
    assert caplog.messages == []


def test_whoever_is_refused_takes_no_place(telemetry: Telemetry) -> None:
    async def ask() -> list[int]:
        go = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await go.wait()
            await PlainTextResponse("done")(scope, receive, send)

        edge = Edge(app, Settings(in_flight=1), telemetry)
        clients = [Client(1), Client(1, "stalls"), Client(1, "stalls"), Client(1)]
        calls = [edge(each.scope, each.receive, each.send) for each in clients]
        tasks = [asyncio.create_task(call) for call in calls[:3]]
        await asyncio.sleep(0.01)
        assert (edge.in_flight, len(edge.open)) == (1, 3)
        go.set()
        await tasks[0]
        await calls[3]
        assert len(edge.open) == 2
        await asyncio.gather(*tasks)
        return [status for each in clients for status in each.told]

    assert asyncio.run(ask()) == [200, 503, 503, 200]


@pytest.mark.parametrize(("limit", "status"), [(0.01, 503), (60, 200)])
def test_an_answer_that_takes_too_long_is_given_up(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, limit: float, status: int
) -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.1)
        await PlainTextResponse("done")(scope, receive, send)

    monkeypatch.setattr("predictor.serve.edge.TICK_SECONDS", 0.01)
    client = asked(Edge(slow, Settings(answer_seconds=limit), telemetry), Client(1))
    assert client.told == [status]
    assert f"predictor_errors_total {float(status == 503)}" in telemetry.exposition().decode()
