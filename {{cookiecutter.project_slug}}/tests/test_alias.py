"""`@champion` without MLflow: what MLflow sees of it, and what a server is asked."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from copies import NAME, copy_of

from predictor.errors import PredictorError
from predictor.project import Project
from predictor.registry import alias, connection
from predictor.registry.registry import Registry

ALIAS = f"/api/2.0/mlflow/registered-models/alias?name={NAME}&alias=champion"


@pytest.fixture
def project(registered: Project, tmp_path: Path) -> Project:
    return copy_of(registered, tmp_path)


def test_mlflow_sees_the_move_in_the_store_of_the_project(project: Project) -> None:
    assert alias.read(project, NAME) == "1"
    alias.move(project, NAME, "1", "2")
    assert alias.read(project, NAME) == "2"
    store = connection.connect(project, NAME)
    assert str(store.client.get_model_version_by_alias(NAME, "champion").version) == "2"
    assert alias.identity(project, NAME, "2") == store.identity_of("2")
    assert "champion" in store.client.get_registered_model(NAME).aliases


def test_a_champion_who_was_moved_meanwhile_stays(project: Project) -> None:
    with pytest.raises(PredictorError, match="@champion is at version 1 and was at version 2"):
        alias.move(project, NAME, "2", "1")
    assert alias.read(project, NAME) == "1"


def test_a_name_that_nobody_registered_has_no_champion(project: Project) -> None:
    assert alias.read(project, "another") is None
    assert alias.identity(project, NAME, "3") is None


@pytest.mark.parametrize("setting", ["MLFLOW_REGISTRY_URI", "no table"])
def test_what_only_mlflow_knows_is_left_to_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    asked = []

    def connect(_: Project, name: str) -> Registry:
        asked.append(name)
        raise PredictorError("asked")

    monkeypatch.setattr(connection, "connect", connect)
    if setting == "no table":
        (project.root / "mlflow.db").write_bytes(b"")
    else:
        monkeypatch.setenv(setting, project.tracking_uri)
    with pytest.raises(PredictorError, match="asked"):
        alias.read(project, NAME)
    with pytest.raises(PredictorError, match="asked"):
        alias.move(project, NAME, "1", "2")
    assert asked == [NAME, NAME]


class Server(ThreadingHTTPServer):
    """A registry whose `@champion` is at `version`; it remembers what it was asked."""

    version: str | None = "1"
    status: int = 404
    error: str = "RESOURCE_DOES_NOT_EXIST"
    asked: list[tuple[str, str, str | None]]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._remember("GET")
        if self.server.version is None:
            self._answer(self.server.status, {"error_code": self.server.error})
        else:
            tags = [{"key": "verdict", "value": "promote"}, {"key": "bundle", "value": "abc"}]
            version = {"name": NAME, "version": self.server.version, "tags": tags}
            self._answer(200, {"model_version": version})

    def do_POST(self) -> None:
        self._remember("POST")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert (body["name"], body["alias"]) == (NAME, "champion")
        self.server.version = body["version"]
        self._answer(200, {})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _remember(self, method: str) -> None:
        self.server.asked.append((method, self.path, self.headers["Authorization"]))

    def _answer(self, status: int, content: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{running.server_port}/")
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_server_is_asked_before_it_is_told(project: Project, server: Server) -> None:
    assert alias.read(project, NAME) == "1"
    alias.move(project, NAME, "1", "2")
    assert server.version == "2"
    post = ("POST", ALIAS.partition("?")[0], None)
    assert server.asked == [("GET", ALIAS, None), ("GET", ALIAS, None), post]


def test_a_server_says_which_bundle_a_version_is(project: Project, server: Server) -> None:
    assert alias.identity(project, NAME, "1") == "abc"
    path = f"/api/2.0/mlflow/model-versions/get?name={NAME}&version=1"
    assert server.asked == [("GET", path, None)]
    server.version = None
    assert alias.identity(project, NAME, "1") is None


def test_a_server_that_has_moved_on_is_not_told(project: Project, server: Server) -> None:
    with pytest.raises(PredictorError, match="somebody promoted or rolled back meanwhile"):
        alias.move(project, NAME, "3", "2")
    assert server.version == "1"


def test_a_server_without_the_alias_has_no_champion(project: Project, server: Server) -> None:
    server.version = None
    assert alias.read(project, NAME) is None


@pytest.mark.parametrize(
    ("user", "environment", "sent"),
    [
        ("ann:s%40crow@", {}, "Basic YW5uOnNAY3Jvdw=="),
        (
            "",
            {
                "MLFLOW_TRACKING_USERNAME": "ann",
                "MLFLOW_TRACKING_PASSWORD": "s@crow",  # pragma: allowlist secret
            },
            "Basic YW5uOnNAY3Jvdw==",
        ),
        ("", {"MLFLOW_TRACKING_TOKEN": "abc"}, "Bearer abc"),
    ],
    ids=["in the address", "in the environment", "token"],
)
def test_credentials_go_with_the_question(
    project: Project,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    user: str,
    environment: dict[str, str],
    sent: str,
) -> None:
    uri = f"http://{user}127.0.0.1:{server.server_port}"
    for name, value in {"MLFLOW_TRACKING_URI": uri, **environment}.items():
        monkeypatch.setenv(name, value)
    assert alias.read(project, NAME) == "1"
    assert server.asked == [("GET", ALIAS, sent)]


def test_a_server_that_fails_is_one_sentence_without_a_password(
    project: Project, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"http://ann:secret@127.0.0.1:{server.server_port}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    server.version, server.status, server.error = None, 500, "INTERNAL_ERROR"
    with pytest.raises(PredictorError) as error:
        alias.read(project, NAME)
    assert str(error.value) == f"http://127.0.0.1:{server.server_port} answered 500 INTERNAL_ERROR."


def test_a_server_that_is_down_is_one_sentence(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:secret@127.0.0.1:9")
    with pytest.raises(PredictorError, match=r"No MLflow server answers at http://127\.0\.0\.1:9"):
        alias.read(project, NAME)
