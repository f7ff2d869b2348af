"""The image and the stack of the generated project, with a real Docker Engine."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import demo
import pytest
from conftest import in_project
from containers import Container, attempt, build, docker, eventually, require_engine, running, size
from test_registry import promote_with

pytestmark = pytest.mark.slow

STAND_INS = Path(__file__).parent / "deploy"
BASE = "python:3.11-slim-bookworm"
MEGABYTE = 1_000_000
CANARY = "canary-5f3c1d"
# Where a secret may lie in a project; none of it may reach an image.
SECRETS = (
    *(".env", "deploy/.env", "id_ed25519", "data/customers.csv", "src/predictor/.env"),
    *("notebooks/token.txt", "models/candidate/token.txt", "models/releases/.env"),
)


@pytest.fixture(scope="module", autouse=True)
def _engine() -> None:
    require_engine()


@pytest.fixture(scope="module")
def shipped(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with secrets in it."""
    leave_out = shutil.ignore_patterns(".venv", "mlflow.db", "mlartifacts")
    folder = tmp_path_factory.mktemp("shipped") / demo.SLUG
    copy = Path(shutil.copytree(project, folder, ignore=leave_out))
    for name in SECRETS:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(f"PASSWORD={CANARY}\n", encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def image(shipped: Path) -> str:
    return build(shipped, "--build-arg", "REVISION=abc")


@pytest.fixture(scope="module")
def container(image: str) -> Iterator[Container]:
    with running(image, "--health-interval", "1s", "--volume", "/data") as started:
        yield started


def predictor(project: Path, *arguments: str, **environment: str) -> None:
    program = str(project / ".venv" / "bin" / "predictor")
    done = in_project(project, program, *arguments, **environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_less_than_300_mb_above_its_base(image: str, shipped: Path) -> None:
    assert 0 < size(image) - size(BASE) < 300 * MEGABYTE
    registry = build(shipped, "--target", "service", "--build-arg", "EXTRAS=registry")
    assert 0 < size(registry) - size(BASE) < 300 * MEGABYTE


def test_the_locked_down_container_answers_as_the_project_does(
    container: Container, project: Path
) -> None:
    predictor(project, "smoke", container.url)
    eventually(lambda: container.inspect()["State"]["Health"]["Status"] == "healthy", 60)


def test_the_process_is_nobody_and_can_write_nowhere_but_its_volume(container: Container) -> None:
    assert container.run("id", "-u").stdout.strip() == "10001"
    for place in ("/", "/opt/predictor", "/champion", "/usr/local"):
        assert container.run("touch", f"{place}/file").returncode != 0
    assert container.run("touch", "/data/file", "/tmp/file").returncode == 0
    capabilities = container.run("grep", "CapEff", "/proc/1/status").stdout.split()
    assert capabilities == ["CapEff:", "0" * 16]


def test_a_label_is_kept_on_the_volume(container: Container) -> None:
    body = json.dumps({"request_id": "1", "label": True}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{container.url}/feedback", body, headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.status == 202
    assert '"label": true' in container.run("cat", "/data/feedback.jsonl").stdout


def test_the_image_holds_the_service_and_nothing_else(image: str) -> None:
    find = [
        "find",
        "/",
        "-xdev",
        "-type",
        "f",
        "-not",
        "-path",
        "/proc/*",
        "-not",
        "-path",
        "/sys/*",
    ]
    listed, base = (
        set(
            docker("run", "--rm", "--user", "0", "--entrypoint", find[0], each, *find[1:]).split(
                "\n"
            )
        )
        for each in (image, BASE)
    )
    added = {path for path in listed - base if not path.startswith("/etc/")}
    assert {"/".join(path.split("/")[:3]) for path in added} == {
        "/opt/predictor",
        "/champion/champion.json",
        "/champion/releases",
    }
    assert {path.split("/")[3] for path in added if path.startswith("/champion/rel")} == {"1"}
    tools = {Path(path).name for path in added if path.startswith("/opt/predictor/bin/")}
    assert "predictor" in tools
    assert not tools & {"uv", "pip", "dvc", "mlflow"}
    grep = ["--rm", "--user", "0", "--entrypoint", "grep", image, "-rl", CANARY]
    assert attempt("run", *grep, "/opt", "/champion", "/data", "/home", "/root").stdout == ""


def test_the_image_says_where_it_comes_from(image: str) -> None:
    (found,) = json.loads(docker("image", "inspect", image))
    prefix = "org.opencontainers.image."
    assert {name: value for name, value in found["Config"]["Labels"].items() if prefix in name} == {
        f"{prefix}title": demo.SLUG,
        f"{prefix}source": f"https://github.com/your-github-user/{demo.SLUG}",
        f"{prefix}licenses": "MIT",
        f"{prefix}revision": "abc",
    }


def test_a_container_that_is_told_to_stop_ends_at_once(image: str, project: Path) -> None:
    with running(image) as container:
        predictor(project, "smoke", container.url)
        docker("stop", "--time", "15", container.name)
        state = container.inspect()["State"]
        assert (state["ExitCode"], state["OOMKilled"]) in {(0, False), (143, False)}
        assert "Finished server process" in container.log()


def test_a_broken_champion_ends_the_container_with_a_sentence(
    image: str, project: Path, tmp_path: Path
) -> None:
    models = Path(shutil.copytree(project / "models", tmp_path / "models"))
    (models / "releases" / "1" / "model.onnx").write_bytes(b"broken")
    with running(image, "--volume", f"{models}:/champion:ro") as container:
        assert docker("wait", container.name) == "1"
        said = [line for line in container.log().splitlines() if line.startswith("error: ")]
    assert len(said) == 1
    assert "model.onnx changed after it was written" in said[0]


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("uv.lock", "There is no uv.lock: run `uv lock` and build again."),
        ("models/champion.json", "No model has been promoted yet: run `uv run"),
    ],
)
def test_what_is_missing_for_a_build_is_one_sentence(
    shipped: Path, tmp_path: Path, missing: str, sentence: str
) -> None:
    copy = Path(shutil.copytree(shipped, tmp_path / "project", symlinks=True))
    (copy / missing).unlink()
    file = str(copy / "deploy" / "Dockerfile")
    done = attempt("build", "--progress", "plain", "--file", file, str(copy))
    assert done.returncode != 0
    assert sentence in done.stderr


@dataclass(frozen=True)
class Stack:
    """The services of compose.yaml, and the project that started them."""

    project: Path
    ports: dict[str, int]

    def compose(self, *arguments: str) -> str:
        return docker("compose", "--project-directory", str(self.project / "deploy"), *arguments)

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def ask(self, service: str, path: str) -> Any:
        with urllib.request.urlopen(self.url(service) + path, timeout=10) as response:
            return json.load(response)

    def start(self) -> None:
        predictor(self.project, "stack")

    def promote(self, model: str) -> None:
        promote_with(self.project, model, self.url("mlflow"))

    def version(self) -> str | None:
        try:
            found: str = self.ask("api", "/health/ready")["model_version"]
        except (urllib.error.URLError, ConnectionError):
            return None
        return found

    def require_everything_of(self, version: str) -> None:
        """Fail unless the API answers with `version`, and MLflow still knows all of them."""
        eventually(lambda: self.version() == version)
        predictor(self.project, "smoke", self.url("api"))
        alias = f"/api/2.0/mlflow/registered-models/alias?name={demo.SLUG}&alias=champion"
        assert self.ask("mlflow", alias)["model_version"]["version"] == version


@pytest.fixture(scope="module")
def stack(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start the stack with one command, from a clone in which nothing was promoted."""
    leave_out = shutil.ignore_patterns(".venv", "mlflow.db", "mlartifacts", "champion.json")
    folder = tmp_path_factory.mktemp("stack") / demo.SLUG
    copy = Path(shutil.copytree(project, folder, ignore=leave_out))
    shutil.copytree(STAND_INS, copy / "deploy" / "stand-ins")
    (copy / "deploy" / "stand-ins" / "compose.override.yaml").rename(
        copy / "deploy" / "compose.override.yaml"
    )
    in_project(copy, "uv", "sync", "--quiet")
    ports = {name: demo.free_port() for name in ("api", "mlflow", "prometheus")}
    lines = [f"{name.upper()}_PORT={port}" for name, port in ports.items()]
    lines.append(f"COMPOSE_PROJECT_NAME=test-{uuid4().hex[:8]}")
    (copy / "deploy" / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")
    started = Stack(copy, ports)
    try:
        started.start()
        yield started
    finally:
        started.compose("down", "--volumes", "--timeout", "5")


def test_a_stack_without_a_model_is_up_and_says_so(stack: Stack) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        stack.ask("api", "/health/ready")
    assert refused.value.code == 503
    assert "has not arrived from the registry yet" in refused.value.read().decode()
    assert stack.ask("api", "/health/live") == {"status": "live", "model_version": None}


def test_only_loopback_ports_are_published_and_only_three(stack: Stack) -> None:
    containers = json.loads(docker("inspect", *stack.compose("ps", "--quiet").split()))
    assert len(containers) == 5
    bindings = [
        (binding["HostIp"], int(binding["HostPort"]))
        for container in containers
        for published in container["NetworkSettings"]["Ports"].values()
        for binding in published or []
    ]
    assert sorted(bindings) == sorted(("127.0.0.1", port) for port in stack.ports.values())


def test_the_api_follows_promotions_and_nothing_is_lost(stack: Stack) -> None:
    stack.promote("logistic_regression")
    stack.require_everything_of("1")
    before = _started(stack, "api")
    stack.promote("hist_gradient_boosting")
    stack.require_everything_of("2")
    assert _started(stack, "api") == before

    stack.compose("stop", "mlflow", "postgres", "s3")
    stack.compose("restart", "--no-deps", "api")
    eventually(lambda: stack.version() == "2")
    predictor(stack.project, "smoke", stack.url("api"))

    stack.compose("kill", "--signal", "KILL")
    stack.start()
    stack.require_everything_of("2")
    stack.compose("down", "--timeout", "20")
    stack.start()
    stack.require_everything_of("2")
    _require_artifacts(stack)


def _started(stack: Stack, service: str) -> str:
    return docker(
        "inspect", stack.compose("ps", "--quiet", service), "--format", "{{.State.StartedAt}}"
    )


def _require_artifacts(stack: Stack) -> None:
    """Fail unless a service that has never seen the model gets it out of the object store."""
    stack.compose("rm", "--stop", "--force", "api")
    name = json.loads(stack.compose("config", "--format", "json"))["volumes"]["api"]["name"]
    docker("volume", "rm", name)
    stack.start()
    stack.require_everything_of("2")


def test_prometheus_reads_the_service_and_knows_every_alert(stack: Stack) -> None:
    def targets() -> list[str]:
        found = stack.ask("prometheus", "/api/v1/targets")["data"]["activeTargets"]
        return [target["health"] for target in found]

    eventually(lambda: targets() == ["up"], 60)
    groups = stack.ask("prometheus", "/api/v1/rules")["data"]["groups"]
    health = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert len(health) == 6
    assert set(health.values()) <= {"ok", "unknown"}


def test_the_alerts_pass_their_tests_and_fail_when_a_limit_is_moved(
    stack: Stack, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(stack.project / "deploy" / "monitoring", tmp_path / "rules"))
    alerts = folder / "alerts.yml"
    assert _promtool(folder, "check", "config", "/rules/prometheus.yml").returncode == 0
    assert _promtool(folder, "test", "rules", "/rules/alerts_test.yml").returncode == 0
    good = alerts.read_text(encoding="utf-8")
    limits = {"> 0.02": "> 0.2", "> 0.25": "> 2.5", "90 * 86400": "900 * 86400", "== 0": "== 2"}
    limits |= {"for: 5m": "for: 50m", '"refused"': '"done"'}
    for limit, other in limits.items():
        assert limit in good
        alerts.write_text(good.replace(limit, other), encoding="utf-8")
        assert _promtool(folder, "test", "rules", "/rules/alerts_test.yml").returncode != 0, limit


def _promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    tool = ("--rm", "--volume", f"{folder}:/rules:ro", "--entrypoint", "promtool")
    return attempt("run", *tool, "stand-in-prometheus", *arguments)


def test_without_passwords_compose_names_the_command_that_makes_them(
    stack: Stack, tmp_path: Path
) -> None:
    deploy = Path(shutil.copytree(stack.project / "deploy", tmp_path / "deploy"))
    (deploy / ".env").write_text("", encoding="utf-8")
    done = attempt("compose", "--project-directory", str(deploy), "config")
    assert done.returncode != 0
    assert "run `uv run predictor stack`" in done.stderr
