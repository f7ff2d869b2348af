"""The service as a process: reloaded, overloaded, fuzzed, killed."""

import json
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import clean_environment, in_project
from serving import JSON, Response, Service, serving
from snapshot import TEMPLATE

pytestmark = pytest.mark.slow

PROBES = Path(__file__).parent / "probes"
PROBLEM = "application/problem+json"
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def service(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(project, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def row(project: Path) -> dict[str, Any]:
    text = (project / "reports" / "champion" / "example.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def test_schemathesis_finds_no_fault(service: Service, tmp_path: Path) -> None:
    program, config = TEMPLATE / ".venv" / "bin" / "schemathesis", PROBES / "schemathesis.toml"
    result = subprocess.run(
        [
            *(program, "--config-file", config),
            *("run", f"{service.url}/openapi.json", "--checks", "all", "--max-examples", "100"),
            *("--generation-database", "none", "--continue-on-failure"),
        ],
        cwd=tmp_path,
        env=clean_environment()
        | {"SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(PROBES), "FUZZED": service.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-6000:]
    assert "Selected: 8/8" in result.stdout
    assert "WARNINGS" not in result.stdout


HOSTILE: dict[str, tuple[bytes, str]] = {
    "a number of 5,000 digits": (b'{"distance": ' + b"9" * 5000 + b"}", JSON),
    "a number beyond double precision": (b'{"distance": 1e999}', JSON),
    "not a number": (b'{"distance": NaN}', JSON),
    "nothing but nulls": (b'{"distance": null, "carrier": null, "origin": null}', JSON),
    "wrong types": (b'{"distance": [], "carrier": {}, "origin": 1}', JSON),
    "deep arrays": (b"[" * 100_000 + b"]" * 100_000, JSON),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, JSON),
    "100 MB": (b" " * 100 * MEGABYTE, JSON),
    "invalid UTF-8": (b'{"carrier": "\xff\xfe"}', JSON),
    "another content type": (b'{"distance": 1}', "application/xml"),
    "a form": (b"distance=1", "application/x-www-form-urlencoded"),
    "thousands of fields": (
        json.dumps({f"field {at}": at for at in range(20_000)}).encode(),
        JSON,
    ),
    "half a document": (b'{"distance": 1', JSON),
    "nothing": (b"", JSON),
}


@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/explain", "/feedback"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_gets_a_problem_and_the_service_goes_on(
    service: Service, row: dict[str, Any], name: str, path: str
) -> None:
    response = _post_whatever_happens(service, path, *HOSTILE[name])
    if response:
        assert 400 <= response.status < 500
        assert response.headers["content-type"] == PROBLEM
        assert response.json["detail"]
        assert len(response.content) < 5 * MEGABYTE
        assert "Traceback" not in response.content.decode()
    assert service.post("/predict", row).status == 200
    assert psutil.Process(service.process.pid).memory_info().rss < 300 * MEGABYTE


def _post_whatever_happens(service: Service, path: str, body: bytes, kind: str) -> Response | None:
    try:
        return service.post(path, body, kind)
    except (ConnectionError, OSError):
        assert len(body) > MEGABYTE  # only a body that is refused unread ends like this
        return None


def test_no_log_line_holds_a_value_or_a_traceback(service: Service, row: dict[str, Any]) -> None:
    service.post("/predict", row | {"carrier": "a secret carrier"})
    service.post("/predict", row | {"origin": "a secret airport"})
    assert {"level", "logger", "message", "request_id", "time"} <= service.lines()[-1].keys()
    log = service.log.read_text(encoding="utf-8")
    assert "a secret" not in log
    assert "Traceback" not in log


@pytest.fixture
def two_releases(project: Path, tmp_path: Path) -> Path:
    """Return a models folder in which version 2 decides at another threshold than version 1."""
    models = Path(shutil.copytree(project / "models", tmp_path / "models"))
    first, second = models / "releases" / "1", models / "releases" / "2"
    shutil.copytree(first, second)
    contract = second / "contract.yaml"
    text = contract.read_text(encoding="utf-8").replace("false_alarm: 1", "false_alarm: 4")
    contract.write_text(text, encoding="utf-8")
    checksum = sha256(contract.read_bytes()).hexdigest()
    edit(second / "metadata.json", checksums={"contract.yaml": checksum})
    edit(second / "release.json", version="2")
    return models


def edit(document: Path, **changes: object) -> None:
    """Change keys of a JSON file, in mappings below them too."""
    content = json.loads(document.read_text(encoding="utf-8"))
    for key, value in changes.items():
        content[key] = content[key] | value if isinstance(value, dict) else value
    document.write_text(json.dumps(content), encoding="utf-8")


def crown(models: Path, version: str) -> None:
    """Replace the pointer in one step, as `promote` does."""
    fresh = models / "fresh.json"
    fresh.write_text(json.dumps({"version": version}), encoding="utf-8")
    fresh.replace(models / "champion.json")


def test_a_change_of_champion_fails_no_request_and_mixes_no_answer(
    project: Path, two_releases: Path, row: dict[str, Any], tmp_path: Path
) -> None:
    answers: list[tuple[int, str, float]] = []
    done = threading.Event()

    def ask(service: Service) -> None:
        while not done.is_set():
            response = service.post("/predict", row)
            said = response.json
            answers.append((response.status, said["model_version"], said["threshold"]))

    with (
        serving(project, tmp_path, "--source", str(two_releases)) as service,
        ThreadPoolExecutor(4) as pool,
    ):
        asking = [pool.submit(ask, service) for _ in range(4)]
        changes = [change_over(service, two_releases, version) for version in "212121"]
        done.set()
        for each in asking:
            each.result()
    assert set(answers) == {(200, "1", 0.2), (200, "2", 0.5)}
    assert len(answers) > 100
    assert max(changes) < 5


def change_over(service: Service, models: Path, version: str) -> float:
    """Move the pointer and return after how many seconds the service has followed."""
    start = time.monotonic()
    crown(models, version)
    while service.get("/health/ready").json["model_version"] != version:
        assert time.monotonic() - start < 30
        time.sleep(0.05)
    return time.monotonic() - start


def test_a_broken_champion_is_refused_and_counted(
    project: Path, two_releases: Path, tmp_path: Path
) -> None:
    (two_releases / "releases" / "2" / "model.onnx").write_bytes(b"broken")
    with serving(project, tmp_path, "--source", str(two_releases)) as service:
        crown(two_releases, "2")
        while 'outcome="refused"} 1.0' not in service.get("/metrics").content.decode():
            time.sleep(0.05)
        assert service.get("/health/ready").json["model_version"] == "1"
        (line,) = [line for line in service.lines() if line["level"] == "ERROR"]
        assert "model.onnx changed after it was written" in line["message"]


def test_an_end_on_request_lets_answers_that_have_begun_end(
    project: Path, row: dict[str, Any], tmp_path: Path
) -> None:
    with serving(project, tmp_path) as service, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.post, "/predict/batch", [row] * 10_000)
        while service.get("/metrics").content.decode().count("in_flight 2.0") == 0:
            time.sleep(0.005)
        service.process.send_signal(signal.SIGTERM)
        response = answer.result()
        assert (response.status, len(response.json["predictions"])) == (200, 10_000)
        service.process.wait(timeout=10)
        with pytest.raises(OSError, match="refused"):
            service.get("/health/live")


def test_more_batches_than_places_are_told_to_come_again(
    project: Path, row: dict[str, Any], tmp_path: Path
) -> None:
    with (
        serving(project, tmp_path, settings={"PREDICTOR_BATCHES": "1"}) as service,
        ThreadPoolExecutor(6) as pool,
    ):
        asked = [pool.submit(service.post, "/predict/batch", [row] * 5000) for _ in range(6)]
        responses = [each.result() for each in asked]
        refused = [each for each in responses if each.status == 503]
        assert {each.status for each in responses} == {200, 503}
        assert {each.headers["Retry-After"] for each in refused} == {"1"}
        assert service.post("/predict", row).status == 200


@pytest.fixture(scope="module")
def lean(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with what serving needs, and nothing else."""
    folder = tmp_path_factory.mktemp("lean") / ".venv"
    done = in_project(
        project,
        *("uv", "sync", "--locked", "--no-default-groups", "--no-editable", "--quiet"),
        UV_PROJECT_ENVIRONMENT=str(folder),
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_serving_environment_answers_without_the_libraries_of_training(
    project: Path, lean: Path, row: dict[str, Any], tmp_path: Path
) -> None:
    installed = {path.name for path in (lean / "lib").glob("python*/site-packages/*")}
    assert not installed & {"pandas", "sklearn", "scipy", "mlflow", "pyarrow", "dvc", "matplotlib"}
    predictor = lean / "bin" / "predictor"
    models = str(project / "models")
    with serving(tmp_path, tmp_path, "--source", models, predictor=predictor) as service:
        assert service.post("/predict", row).status == 200
        assert service.get("/").status == 200
        assert b"swagger-ui-bundle" in service.get("/docs").content
        assert service.get("/docs/assets/swagger-ui-bundle.js").status == 200
