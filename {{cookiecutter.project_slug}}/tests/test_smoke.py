import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from predictor.errors import PredictorError
from predictor.project import Project
from predictor.release import Champion
from predictor.serve import health
from predictor.serve.answer import answer
from predictor.serve.schema import row_model, to_columns
from predictor.smoke import smoke

Said = dict[str, Any]


@contextmanager
def service(status: int, said: Said) -> Iterator[int]:
    """Answer everything with the same on a port of this machine, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200 if self.path == "/health/live" else status, {"path": self.path})

        def do_POST(self) -> None:
            row = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            guarded = said.get("key", self.headers["X-API-Key"]) == self.headers["X-API-Key"]
            self._answer(status if row and guarded else 401, said)

        def _answer(self, status: int, content: Said) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def offline(champion: Champion) -> Said:
    bundle = champion.bundle
    model = row_model(bundle.contract, bundle.statistics.typical())
    row = model.model_validate_json(champion.example.read_text(encoding="utf-8"))
    return answer(champion, to_columns(bundle.contract, [row])).model_dump()


def test_the_same_answer_passes(
    promoted: Project, offline: Said, caplog: pytest.LogCaptureFixture
) -> None:
    with service(200, offline | {"probability": offline["probability"] + 1e-9}) as port:
        smoke(promoted, f"http://127.0.0.1:{port}/", None, 5)
    assert "answers as this project does" in caplog.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"probability": 0.5}, r"probability=0\.5, this project "),
        ({"decision": None}, r"decision=None, this project "),
        ({"model_version": "7"}, r"model_version='7', this project '1': promote or build again"),
    ],
    ids=["number", "decision", "version"],
)
def test_another_answer_is_one_sentence(
    promoted: Project, offline: Said, change: Said, sentence: str
) -> None:
    with service(200, offline | change) as port, pytest.raises(PredictorError, match=sentence):
        smoke(promoted, f"http://127.0.0.1:{port}", None, 5)


def test_a_key_is_sent(promoted: Project, offline: Said) -> None:
    with service(200, offline | {"key": "secret"}) as port:
        smoke(promoted, f"http://127.0.0.1:{port}", "secret", 5)
        with pytest.raises(PredictorError, match="refuses the example row: 401"):
            smoke(promoted, f"http://127.0.0.1:{port}", "wrong", 5)


def test_a_service_that_is_not_ready_in_time_is_said_with_its_reason(promoted: Project) -> None:
    with (
        service(503, {}) as port,
        pytest.raises(PredictorError, match=r"not ready after 0 s: 503 .*/health/ready"),
    ):
        smoke(promoted, f"http://127.0.0.1:{port}", None, 0)
    with pytest.raises(PredictorError, match="not ready after 0 s: nothing answers there"):
        smoke(promoted, f"http://127.0.0.1:{port}", None, 0)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_is_refused(promoted: Project, url: str) -> None:
    with pytest.raises(PredictorError, match="is not an address like"):
        smoke(promoted, url, None, 5)


def test_nothing_to_compare_with_is_one_sentence(project: Project) -> None:
    with pytest.raises(PredictorError, match="No model has been promoted yet"):
        smoke(project, "http://127.0.0.1:9", None, 0)


def test_the_health_check_tells_live_from_ready(capsys: pytest.CaptureFixture[str]) -> None:
    with service(503, {}) as port:
        assert health.main("live", port) == 0
        assert health.main("ready", port) == 1
    assert health.main("live", port) == 1
    assert "nothing answers on port" in capsys.readouterr().out
