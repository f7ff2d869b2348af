"""The part `stack` with a real Docker Engine, and the commands of docs/data.md."""

import json
import re
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import demo
import pytest
import yaml
from baking import text_of
from conftest import Bake, copy_of, git, run
from containers import STAND_INS, attempt, build_stand_in, docker, eventually, require_engine
from moto.server import ThreadedMotoServer
from serving import example_of
from test_project import hashes, replace, stages_run

MEGABYTE = 1_000_000
HALF_HEAD = b"POST /predict HTTP/1.1\r\nHost: proxy\r\n"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "kept-out-of-git"}


def commands(project: Path, name: str) -> list[str]:
    """Return the commands of a page, in order."""
    return re.findall(r"^\$ (.*)$", text_of(project / "docs" / name), re.MULTILINE)


def shell(folder: Path, *lines: str, **environment: str) -> str:
    """Run commands as a user types them, and return what they print."""
    done = run(folder, "bash", "-ec", "\n".join(lines), **environment)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def ask(url: str, body: object = None) -> Any:
    """Return the JSON that a URL answers with; fail if the status is not 200."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


@dataclass(frozen=True)
class Stack:
    """The services of compose.yaml, and the project that started them."""

    project: Path
    name: str

    def compose(self, *arguments: str) -> str:
        command = ("compose", "--project-directory", "deploy", *arguments)
        return docker(*command, folder=self.project, COMPOSE_PROJECT_NAME=self.name)

    def shell(self, *lines: str) -> str:
        settings = {"COMPOSE_PROJECT_NAME": self.name, "DOCKER_BUILDKIT": "1"}
        return shell(self.project, *lines, **settings)

    def url(self, service: str, port: int) -> str:
        return f"http://{self.compose('port', service, str(port))}"

    def predict(self) -> Any:
        return ask(f"{self.url('proxy', 8080)}/predict", example_of(self.project))

    @contextmanager
    def connections(self, count: int) -> Iterator[list[socket.socket]]:
        """Open connections to the proxy while the block runs."""
        host, _, port = self.compose("port", "proxy", "8080").partition(":")
        address = (host, int(port))
        with ExitStack() as opened:
            new = (socket.create_connection(address, timeout=30) for _ in range(count))
            yield [opened.enter_context(each) for each in new]


@pytest.fixture(scope="module")
def stack(everything: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start the stack as docs/stack.md says, with images that need not be pulled."""
    require_engine()
    project = copy_of(everything, tmp_path_factory.mktemp("stack"))
    deploy = project / "deploy"
    shutil.copytree(STAND_INS, deploy / "stand-ins")
    shutil.move(deploy / "stand-ins" / "compose.override.yaml", deploy)
    chosen = re.sub("=$", f"={uuid4().hex}", text_of(deploy / ".env.example"), flags=re.MULTILINE)
    (deploy / ".env").write_text(chosen, encoding="utf-8")
    started = Stack(project, f"test-{uuid4().hex[:8]}")
    try:
        started.shell(commands(project, "stack.md")[0])
        yield started
    finally:
        started.compose("down", "--volumes", "--rmi", "local", "--timeout", "5")


@pytest.mark.slow
def test_the_champion_answers_and_database_and_storage_are_not_published(stack: Stack) -> None:
    assert stack.predict()["model_version"] == "1"
    containers = json.loads(docker("inspect", *stack.compose("ps", "--quiet").split()))
    ports = [each["NetworkSettings"]["Ports"] for each in containers]
    published = {port for each in ports for port, bindings in each.items() if bindings}
    assert published == {"8080/tcp", "5000/tcp", "9090/tcp"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ([HALF_HEAD, b"X-Long: ", *120 * [MEGABYTE * b"a"]], b"400"),
        ([HALF_HEAD, b"Content-Length: 11000000\r\n\r\n"], b"413"),
        ([b"GET /metrics HTTP/1.1\r\nHost: proxy\r\n\r\n"], b"404"),
    ],
    ids=["a header of 120 MB", "a body of 11 MB", "metrics"],
)
def test_the_proxy_refuses(stack: Stack, sent: Iterable[bytes], status: bytes) -> None:
    with stack.connections(1) as (connection,):
        for part in sent:
            connection.sendall(part)
        assert connection.recv(12) == b"HTTP/1.1 " + status
    assert stack.predict()


@pytest.mark.slow
def test_half_sent_heads_keep_nobody_out_and_are_closed(stack: Stack) -> None:
    start = time.monotonic()
    with stack.connections(300) as connections:
        for connection in connections:
            connection.sendall(HALF_HEAD)
        assert stack.predict()
        assert {connection.recv(1) for connection in connections} == {b""}
    assert time.monotonic() - start < 15


@pytest.mark.slow
def test_one_address_has_64_requests_at_a_time(stack: Stack) -> None:
    with stack.connections(64) as connections:
        for connection in connections:
            connection.sendall(HALF_HEAD + b"Content-Length: 9\r\n\r\n{")
        with pytest.raises(urllib.error.HTTPError, match="503"):
            stack.predict()
    assert stack.predict()


@pytest.mark.slow
def test_a_promotion_reaches_mlflow_and_the_service(stack: Stack) -> None:
    up, *train = commands(stack.project, "stack.md")
    mlflow, before = stack.url("mlflow", 5000), stack.predict()
    lines = [line.replace("http://127.0.0.1:5050", mlflow) for line in train]
    assert lines[0].endswith(mlflow)
    # This seed gives a model that is slightly better, so the gate promotes it.
    replace(stack.project / "params.yaml", "seed: 20130101", "seed: 20130102")
    printed = stack.shell(*lines)
    assert "NO" not in printed.split(), printed
    alias = f"registered-models/alias?name={demo.SLUG}&alias=champion"
    champion = ask(f"{mlflow}/api/2.0/mlflow/{alias}")["model_version"]
    run_of_it = ask(f"{mlflow}/api/2.0/mlflow/runs/get?run_id={champion['run_id']}")["run"]
    assert {"key": "seed", "value": "20130102"} in run_of_it["data"]["params"]
    eventually(lambda: bool(stack.predict()["probability"] != before["probability"]))
    after = stack.predict()
    # A new container of the service, with the champion in its image, answers as well.
    stack.shell(up)
    assert stack.predict() == after


@pytest.mark.slow
def test_prometheus_has_every_metric_of_the_alerts(stack: Stack) -> None:
    query = f"{stack.url('prometheus', 9090)}/api/v1/query?query="
    stack.predict()
    alerts = text_of(stack.project / "deploy" / "prometheus" / "alerts.yml")
    names = set(re.findall(r"\b(?:http_server|predictor)_\w+", alerts))
    assert len(names) == 3
    for name in names:
        eventually(lambda name=name: ask(query + name)["data"]["result"])  # type: ignore[misc]
    (up,) = ask(f"{query}up")["data"]["result"]
    assert (up["metric"]["job"], up["value"][1]) == ("predictor", "1")


@pytest.mark.slow
def test_the_alerts_pass_their_tests_and_fail_when_a_limit_moves(
    everything: Path, tmp_path: Path
) -> None:
    require_engine()
    folder = Path(shutil.copytree(everything / "deploy" / "prometheus", tmp_path / "rules"))
    tool = ("--rm", "--volume", f"{folder}:/rules:ro", "--entrypoint", "promtool")
    promtool = ("run", *tool, build_stand_in("prometheus"))
    docker(*promtool, "check", "config", "/rules/prometheus.yml")
    docker(*promtool, "test", "rules", "/rules/alerts_test.yml")
    alerts, good = folder / "alerts.yml", text_of(folder / "alerts.yml")
    limits = {"== 0": "== 2", "> 0.02": "> 0.2", "> 0.25": "> 2.5", "[15m]) > 0": "[15m]) > 9"}
    for limit, other in limits.items():
        replace(alerts, limit, other)
        done = attempt(*promtool, "test", "rules", "/rules/alerts_test.yml")
        assert done.returncode != 0, limit
        alerts.write_text(good, encoding="utf-8")


@pytest.mark.slow
def test_without_passwords_compose_says_where_to_set_them(baked: Bake) -> None:
    require_engine()
    deploy = str(baked(stack="yes") / "deploy")
    done = attempt("compose", "--project-directory", deploy, "config")
    assert done.returncode != 0
    assert "set it in deploy/.env, see deploy/.env.example" in done.stderr


def services(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text_of(project / "deploy" / "compose.yaml"))["services"]
    return found


def test_every_port_is_on_loopback(baked: Bake) -> None:
    found = services(baked(size="everything"))
    ports = [port for service in found.values() for port in service.get("ports", [])]
    assert [port.rpartition(":")[0] for port in ports] == [
        f"127.0.0.1:{port}" for port in (8080, 5050, 9090)
    ]


def test_only_a_service_with_metrics_gets_prometheus(baked: Bake) -> None:
    without = services(baked(stack="yes")).keys()
    assert without == {"proxy", "service", "mlflow", "postgres", "s3"}
    beside = services(baked(stack="yes", hardening="yes", project_slug="with-metrics")).keys()
    assert beside - without == {"prometheus"}


@pytest.mark.slow
def test_a_clone_takes_raw_data_from_a_folder_and_makes_the_rest(
    everything: Path, tmp_path: Path
) -> None:
    project, remote = copy_of(everything, tmp_path / "mine"), tmp_path / "remote"
    _, *setup = (
        line.replace("s3://my-bucket/my-project", str(remote))
        for line in commands(project, "data.md")[:5]
    )
    shell(project, *setup)
    assert len(list(remote.rglob("*.dir"))) == 1  # nothing but data/raw
    git(tmp_path, "clone", "--quiet", str(project), "clone")
    printed = shell(tmp_path / "clone", *commands(project, "data.md")[5:])
    assert stages_run(printed) == ["prepare", "train", "evaluate"]
    assert hashes(tmp_path / "clone" / "data" / "raw") == hashes(project / "data" / "raw")


@pytest.mark.slow
def test_raw_data_goes_to_s3_and_comes_back(everything: Path, tmp_path: Path) -> None:
    project = copy_of(everything, tmp_path)
    before = hashes(project / "data" / "raw")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        endpoint = "http://{}:{}".format(*server.get_host_and_port())
        bucket = urllib.request.Request(f"{endpoint}/my-bucket", method="PUT")
        urllib.request.urlopen(bucket, timeout=60).close()
        (other,) = re.findall(
            r"`(uv run dvc remote modify .*) https://host`", text_of(project / "docs" / "data.md")
        )
        add, remote, *rest = commands(project, "data.md")[:5]
        shell(project, add, remote, f"{other} {endpoint}", *rest, **CREDENTIALS)
        shutil.rmtree(project / "data" / "raw")
        shutil.rmtree(project / ".dvc" / "cache")
        shell(project, commands(project, "data.md")[6], **CREDENTIALS)
    finally:
        server.stop()
    assert hashes(project / "data" / "raw") == before
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in git(project, "log", "--patch")
