"""The services of the core and of everything as processes: attacked, reloaded, fuzzed, stopped."""

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import demo
import pytest
from conftest import clean_environment, run
from serving import JSON, Response, Service, example_of, memory_mb, serving
from snapshot import TEMPLATE

pytestmark = pytest.mark.slow

PROBES = Path(__file__).parent / "probes"
PROBLEM = "application/problem+json"
MEGABYTE = 1_000_000
PATHS = ("/predict", "/predict/batch", "/explain")


@pytest.fixture(scope="module", params=["core", "everything"])
def project(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def service(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(project, tmp_path_factory.mktemp("service") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def row(project: Path) -> dict[str, Any]:
    return example_of(project)


def test_schemathesis_finds_no_fault(service: Service, tmp_path: Path) -> None:
    program, config = TEMPLATE / ".venv" / "bin" / "schemathesis", PROBES / "schemathesis.toml"
    done = subprocess.run(
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
    assert done.returncode == 0, done.stdout[-6000:]
    assert "WARNINGS" not in done.stdout


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
    "half a character": (b'{"\\ud800": "\\udfff"}', JSON),
    "another content type": (b'{"distance": 1}', "application/xml"),
    "a form": (b"distance=1", "application/x-www-form-urlencoded"),
    "1 MB of unknown keys": (
        json.dumps({f"{at}": 1 for at in range(100_000)}).encode(),
        JSON,
    ),
    "half a document": (b'{"distance": 1', JSON),
    "nothing": (b"", JSON),
    "9 MB of one bad row in a batch": (
        b"[" + json.dumps({f"{at}": 1 for at in range(700_000)}).encode() + b"]",
        JSON,
    ),
    "more rows than a batch may have": (b"[" + b"0," * 100_000 + b"0]", JSON),
    "CSV without rows": (b"carrier,origin\n", "text/csv"),
    "CSV with an open quote": (b'carrier\n"UA', "text/csv"),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_shortly_and_the_service_goes_on(
    service: Service, row: dict[str, Any], name: str, path: str
) -> None:
    start = time.monotonic()
    response = post_whatever_happens(service, path, *HOSTILE[name])
    assert time.monotonic() - start < 3
    if response:
        assert 400 <= response.status < 500
        assert len(response.content) < 10_000
        assert "Traceback" not in response.content.decode()
    assert service.post("/predict", row).status == 200
    assert memory_mb(service) < 500


def post_whatever_happens(service: Service, path: str, body: bytes, kind: str) -> Response | None:
    try:
        return service.post(path, body, kind)
    except (ConnectionError, OSError):
        assert len(body) > MEGABYTE / 2  # only a body that is refused unread ends like this
        return None


POST = b"POST /predict HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
PROTOCOL = {
    "no request": b"hello\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "length and chunks": POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a bad chunk": POST + CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a blank in a name": b"GET / HTTP/1.1\r\nHost: a\r\nbad name: 1\r\n\r\n",
    "a null": b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a long path": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: 1\r\n" * 200_000 + b"\r\n",
}


@pytest.mark.parametrize("name", PROTOCOL)
def test_a_broken_request_gets_an_error_or_no_answer_and_the_service_goes_on(
    service: Service, row: dict[str, Any], name: str
) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        try:
            connection.sendall(PROTOCOL[name])
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(10_000)
        except TimeoutError:
            raise
        except OSError:  # the service has closed the connection
            answer = b""
    assert not answer or answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 422"), answer
    assert service.post("/predict", row).status == 200


def test_headers_without_end_are_cut_off_and_cost_no_memory(service: Service) -> None:
    before, sent = memory_mb(service), 0
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n")
        while sent < 120 * MEGABYTE:
            try:
                connection.sendall(b"x: " + b"a" * 60_000 + b"\r\n")
            except ConnectionError:
                break
            sent += 60_000
    assert sent < 20 * MEGABYTE
    assert memory_mb(service) - before < 20


def test_half_sent_requests_do_not_keep_others_from_being_answered(
    core: Path, tmp_path: Path
) -> None:
    """Connections without an end count for the limit, which a proxy in front has to keep free."""
    row = example_of(core)
    with serving(core, tmp_path / "log") as service:
        held = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(200)]
        for connection in held:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: a\r\n")
        assert service.post("/predict", row).status == 200
        more = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(100)]
        assert service.post("/predict", row).status == 503
        for connection in (*held, *more):
            connection.close()
        time.sleep(0.5)
        assert service.post("/predict", row).status == 200


def test_at_the_limit_of_open_files_the_log_stays_short(core: Path, tmp_path: Path) -> None:
    row = example_of(core)
    with serving(core, tmp_path / "log", files=64) as service:
        held = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(120)]
        time.sleep(5)
        for connection in held:
            connection.close()
        time.sleep(1.5)
        assert service.post("/predict", row).status == 200
    assert (tmp_path / "log").stat().st_size < 2 * MEGABYTE


def test_no_log_line_holds_a_value_or_a_traceback(everything: Path, tmp_path: Path) -> None:
    row = example_of(everything)
    with serving(everything, tmp_path / "log") as service:
        service.post("/predict", row | {"carrier": "a secret carrier"})
        refused = service.post("/predict", row | {"origin": "a secret airport"})
        assert refused.headers["content-type"] == PROBLEM
        last = service.lines()[-1]
    assert {"levelname", "name", "message", "correlation_id", "time", "status"} <= last.keys()
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "a secret" not in log
    assert "Traceback" not in log


def test_a_key_is_asked_for_if_the_environment_has_one(everything: Path, tmp_path: Path) -> None:
    row = example_of(everything)
    with serving(everything, tmp_path / "log", {"PREDICTOR_API_KEYS": "first"}) as service:
        assert service.post("/predict", row).status == 401
        assert service.get("/health/ready").status == 200


def test_a_key_that_is_empty_stops_the_service_with_a_sentence(everything: Path) -> None:
    program = str(everything / ".venv" / "bin" / "predictor")
    done = run(everything, program, "serve", PREDICTOR_API_KEYS=",")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: PREDICTOR_API_KEYS: ")
    assert "Traceback" not in done.stderr


@pytest.fixture
def models(core: Path, tmp_path: Path) -> Path:
    """Return a folder with two champions, of which the second one acts from another threshold."""
    first = Path(shutil.copytree(core / "models" / "champion", tmp_path / "models" / "1"))
    second = Path(shutil.copytree(first, first.with_name("2")))
    metadata = json.loads((second / "metadata.json").read_text(encoding="utf-8"))
    metadata["rule"]["threshold"] = 0.5
    (second / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    for folder in (first, second):
        (folder / "promotion.json").write_text(json.dumps({"version": folder.name}))
    install(first.parent, "1")
    return first.parent


def install(models: Path, version: str) -> None:
    """Replace the champion as `promote` does."""
    fresh, champion, old = models / "fresh", models / "champion", models / "old"
    shutil.copytree(models / version, fresh)
    if champion.exists():
        champion.rename(old)
    fresh.rename(champion)
    shutil.rmtree(old, ignore_errors=True)


def test_changes_of_champion_fail_no_request_and_mix_no_answer(
    core: Path, models: Path, tmp_path: Path
) -> None:
    row, done = example_of(core), threading.Event()
    answers: list[tuple[int, str, float]] = []

    def ask(service: Service) -> None:
        while not done.is_set():
            response = service.post("/predict", row)
            said = response.json
            answers.append((response.status, said["model_version"], said["threshold"]))

    settings = {"PREDICTOR_MODEL": str(models / "champion")}
    with serving(core, tmp_path / "log", settings) as service, ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, service) for _ in range(4)]
        seconds = [change_over(service, models, version) for version in "2121212121"]
        done.set()
        for each in asking:
            each.result()
    assert set(answers) == {(200, "1", 0.2), (200, "2", 0.5)}
    assert len(answers) > 1000
    assert max(seconds) < 5


def change_over(service: Service, models: Path, version: str) -> float:
    """Change the champion, and return after how many seconds the service has followed."""
    start = time.monotonic()
    install(models, version)
    while service.get("/health/ready").json["model_version"] != version:
        assert time.monotonic() - start < 30
        time.sleep(0.05)
    return time.monotonic() - start


def test_an_end_on_request_lets_answers_that_have_begun_end(
    everything: Path, tmp_path: Path
) -> None:
    rows = [example_of(everything)] * 10_000
    with serving(everything, tmp_path / "log") as service, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.post, "/predict/batch", rows)
        time.sleep(0.2)
        service.process.send_signal(signal.SIGTERM)
        response = answer.result()
        assert (response.status, len(response.json)) == (200, 10_000)
        service.process.wait(timeout=10)
        with pytest.raises(OSError, match="refused"):
            service.get("/health/live")


def test_a_port_in_use_is_said(core: Path, tmp_path: Path) -> None:
    with serving(core, tmp_path / "log") as service:
        program = str(core / ".venv" / "bin" / "predictor")
        done = run(core, program, "serve", "--port", str(service.port))
    assert done.returncode != 0
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_uvicorn_serves_the_application_too(core: Path) -> None:
    port = demo.free_port()
    uvicorn = str(core / ".venv" / "bin" / "uvicorn")
    process = subprocess.Popen([uvicorn, "predictor.api:app", "--port", str(port)], cwd=core)
    try:
        demo.wait_until(process, port)
    finally:
        demo.stop(process)


@pytest.fixture(scope="module")
def lean(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with what serving needs, and nothing else."""
    folder = tmp_path_factory.mktemp("lean") / ".venv"
    command = ("uv", "sync", "--locked", "--no-default-groups", "--no-editable", "--quiet")
    done = run(project, *command, UV_PROJECT_ENVIRONMENT=str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def test_the_serving_environment_answers_without_the_libraries_of_training(
    project: Path, lean: Path, row: dict[str, Any], tmp_path: Path
) -> None:
    installed = {path.name for path in (lean / "lib").glob("python*/site-packages/*")}
    assert not installed & {"sklearn", "scipy", "mlflow", "pyarrow", "dvc", "matplotlib"}
    has_batch = (project / "src" / "predictor" / "batch").exists()
    assert ("pandas" in installed) is has_batch  # it reads the cells of a CSV
    settings = {"PREDICTOR_MODEL": str(project / "models" / "champion")}
    program = lean / "bin" / "predictor"
    with serving(tmp_path, tmp_path / "log", settings, program) as service:
        answer = service.post("/predict", row)
        assert answer.status == 200
        if has_batch:
            cells = ["" if cell is None else str(cell) for cell in row.values()]
            table = "\n".join([";".join(row), ";".join(cells)])
            batch = service.post("/predict/batch", table.encode(), "text/csv")
            assert batch.json == [answer.json]
        assert b"swagger-ui-bundle" in service.get("/docs").content
        assert service.get("/static-offline-docs/swagger-ui-bundle.js").status == 200
