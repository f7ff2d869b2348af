"""The servers that are compared: how each is started, asked and loaded."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import demo
import psutil

from bench import FailedError, wrk
from bench.environments import SERVERS, clean

CONNECTIONS = 16
WARM_UP_SECONDS = 1
READY_SECONDS = 180
POLL_SECONDS = 0.01


class Key(StrEnum):
    """What a server is called on the command line, in the order of the tables."""

    EMPTY = "empty"
    CORE = "core"
    EVERYTHING = "everything"
    FRAME = "dataframe"
    MLFLOW = "mlflow"
    MLFLOW_PLAIN = "mlflow-plain"
    BENTOML = "bentoml"
    LITSERVE = "litserve"
    RAY = "ray"
    EMPTY_HTTPTOOLS = "empty-httptools"
    CORE_HTTPTOOLS = "core-httptools"


NAMES = {
    Key.EMPTY: "empty FastAPI endpoint",
    Key.CORE: "core",
    Key.EVERYTHING: "core with everything",
    Key.FRAME: "FastAPI + scikit-learn",
    Key.MLFLOW: "mlflow models serve",
    Key.MLFLOW_PLAIN: "mlflow models serve, unchecked",
    Key.BENTOML: "BentoML + scikit-learn",
    Key.LITSERVE: "LitServe + scikit-learn",
    Key.RAY: "Ray Serve + scikit-learn",
    Key.EMPTY_HTTPTOOLS: "empty endpoint, httptools",
    Key.CORE_HTTPTOOLS: "core, httptools",
}
MLFLOWS = (Key.MLFLOW, Key.MLFLOW_PLAIN)
FRAMEWORKS = {Key.BENTOML: "bentoml", Key.LITSERVE: "litserve", Key.RAY: "ray[serve]"}


@dataclass(frozen=True)
class Places:
    """Where the projects lie, and the files that are made for the benchmark."""

    core: Path
    everything: Path
    scratch: Path

    @property
    def answer(self) -> Path:
        """What the core answers; the empty endpoint repeats it."""
        return self.scratch / "answer.json"

    @property
    def pipeline(self) -> Path:
        """The fitted scikit-learn pipeline."""
        return self.scratch / "pipeline.joblib"

    @property
    def mlflow_models(self) -> Path:
        """The folder of the two models that `mlflow models serve` serves."""
        return self.scratch / "mlflow-models"

    def environment(self, key: Key) -> Path:
        """Return the environment of a server."""
        if key in (Key.EVERYTHING, *FRAMEWORKS):
            return self.scratch / "environments" / key
        trains = key in (Key.FRAME, *MLFLOWS)
        return self.core / ".venv" if trains else self.scratch / "environments" / Key.CORE


@dataclass(frozen=True)
class Contender:
    """A server; `{port}` in its command is filled in when it starts."""

    places: Places
    key: Key
    command: tuple[str, ...]
    ready: str  # the path that answers 200 once it can predict
    path: str = "/predict"

    @property
    def name(self) -> str:
        """What the tables call it."""
        return NAMES[self.key]

    @property
    def project(self) -> Path:
        """Where it runs, and whose code it imports."""
        return self.places.everything if self.key == Key.EVERYTHING else self.places.core

    @property
    def log(self) -> Path:
        """What it writes to stdout and stderr."""
        return self.places.scratch / f"{self.key}.log"

    def body(self) -> bytes:
        """Return the example row, which MLflow takes in a list of records."""
        row = (self.places.core / "reports" / "example.json").read_bytes()
        records = {"dataframe_records": [json.loads(row)]}
        return json.dumps(records).encode() if self.key in MLFLOWS else row

    def variables(self) -> dict[str, str]:
        """Return its environment: no access logs and no usage reports from any server."""
        binaries, inherited = self.places.environment(self.key) / "bin", clean()
        return inherited | {
            # MLflow starts uvicorn by its name.
            "PATH": f"{binaries}{os.pathsep}{inherited['PATH']}",
            "PYTHONPATH": f"{SERVERS}{os.pathsep}{self.project / 'src'}",
            "BENCH_ANSWER": str(self.places.answer),
            "BENCH_PIPELINE": str(self.places.pipeline),
            "OMP_NUM_THREADS": "1",  # one row gains nothing from more
            "UVICORN_ACCESS_LOG": "false",
            "BENTOML_DO_NOT_TRACK": "true",
            "RAY_USAGE_STATS_ENABLED": "0",
        }


def contenders(places: Places) -> dict[str, Contender]:
    """Return the servers by key, in the order of the tables."""
    options = ("--port", "{port}", "--limit-concurrency", "256", "--backlog", "128")
    uvicorn, h11, httptools = ("uvicorn", *options), ("--http", "h11"), ("--http", "httptools")
    serve, health = ("predictor", "serve", "--port", "{port}"), "/health/ready"
    local = ("--host", "127.0.0.1", "--port", "{port}")
    mlflow = ("mlflow", "models", "serve", *local, "--env-manager", "local", "--model-uri")
    checked, plain = (str(places.mlflow_models / name) for name in ("signature", "plain"))
    lit, ray = (str(SERVERS / name) for name in ("lit_server.py", "ray_service.py"))
    listed = [
        Contender(places, Key.EMPTY, (*uvicorn, *h11, "empty:app"), "/docs"),
        Contender(places, Key.CORE, serve, health),
        Contender(places, Key.EVERYTHING, serve, health),
        Contender(places, Key.FRAME, (*uvicorn, *h11, "dataframe:app"), "/docs"),
        Contender(places, Key.MLFLOW, (*mlflow, checked), "/ping", "/invocations"),
        Contender(places, Key.MLFLOW_PLAIN, (*mlflow, plain), "/ping", "/invocations"),
        Contender(
            places, Key.BENTOML, ("bentoml", "serve", "bento_service:Predictor", *local), "/readyz"
        ),
        Contender(places, Key.LITSERVE, ("python", lit, "{port}"), "/health"),
        Contender(places, Key.RAY, ("python", ray, "{port}"), "/docs"),
        Contender(places, Key.EMPTY_HTTPTOOLS, (*uvicorn, *httptools, "empty:app"), "/docs"),
        Contender(places, Key.CORE_HTTPTOOLS, (*uvicorn, *httptools, "predictor.api:app"), health),
    ]
    return {each.key: each for each in listed}


class Sample(NamedTuple):
    """What one round measured of a server; memory and CPU include its child processes."""

    rate: float  # answers a second
    p50_ms: float
    p99_ms: float
    cpu_ms: float  # for one answer
    memory_mb: float  # resident, after the load
    start_seconds: float  # from the start of the process to the first 200


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    contender: Contender
    process: psutil.Process
    port: int
    start_seconds: float

    @property
    def url(self) -> str:
        """Where rows are posted."""
        return f"http://127.0.0.1:{self.port}{self.contender.path}"

    def ask(self) -> bytes:
        """Return the answer to the example row."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url, self.contender.body(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return bytes(response.read())
        except OSError as error:
            raise FailedError(f"it does not answer: {error}") from error

    def sample(self, seconds: int) -> Sample:
        """Warm the server up, load it, and return what was measured."""
        body = self.contender.log.with_suffix(".json")
        body.write_bytes(self.contender.body())
        wrk.load(self.url, body, CONNECTIONS, WARM_UP_SECONDS)
        before = self._cpu_seconds()
        found = wrk.load(self.url, body, CONNECTIONS, seconds)
        used = self._cpu_seconds() - before
        return Sample(
            rate=found.requests / found.seconds,
            p50_ms=found.p50_ms,
            p99_ms=found.p99_ms,
            cpu_ms=1000 * used / found.requests,
            memory_mb=sum(each.memory_info().rss for each in _tree(self.process)) / 1e6,
            start_seconds=self.start_seconds,
        )

    def _cpu_seconds(self) -> float:
        times = [each.cpu_times() for each in _tree(self.process)]
        return float(sum(each.user + each.system for each in times))


@contextmanager
def started(contender: Contender) -> Iterator[Running]:
    """Run a server, ready, until the block ends.

    Raises:
        FailedError: it ended, or was not ready in time.
    """
    port, variables = demo.free_port(), contender.variables()
    command = [part.replace("{port}", str(port)) for part in contender.command]
    program = contender.places.environment(contender.key) / "bin" / command[0]
    begin = time.monotonic()
    with contender.log.open("wb") as log:
        process = psutil.Popen(
            [program, *command[1:]],
            cwd=contender.project,
            env=variables,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(contender, process, f"http://127.0.0.1:{port}{contender.ready}")
        yield Running(contender, process, port, time.monotonic() - begin)
    finally:
        _end(process)


def _wait(contender: Contender, process: psutil.Popen, url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            written = contender.log.read_text(encoding="utf-8", errors="replace").strip()
            raise FailedError(f"it ended at once: {written.rpartition(chr(10))[2]}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(POLL_SECONDS)
    raise FailedError(f"it was not ready within {READY_SECONDS} s")


def _end(process: psutil.Popen) -> None:
    tree = _tree(process) if process.poll() is None else []
    for each in tree:
        each.terminate()
    _, alive = psutil.wait_procs(tree, timeout=15)
    for each in alive:
        each.kill()


def _tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def probability(answer: bytes) -> float:
    """Return the probability of an answer, which MLflow gives as a list of predictions."""
    found = json.loads(answer)
    return float(found["predictions"][0] if "predictions" in found else found["probability"])
