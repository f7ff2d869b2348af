"""The four servers: how each is started, asked and loaded."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import demo
import psutil
import yaml

from bench import wrk
from bench.environment import SERVERS, clean

READY_SECONDS = 180
POLL_SECONDS = 0.01
TOLERANCE = 1e-6

OURS, EMPTY = "this service", "empty FastAPI endpoint"
FRAME, MLFLOW = "FastAPI + scikit-learn DataFrame", "mlflow models serve"


@dataclass(frozen=True)
class Contender:
    """A server; `{port}` in its command is filled in when it starts."""

    name: str
    command: tuple[str, ...]
    folder: Path
    body: Path
    path: str = "/predict"
    ready: str = "/health/ready"
    environment: Literal["serving", "full"] = "full"
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    contender: Contender
    process: psutil.Process
    port: int
    seconds_to_ready: float

    @property
    def url(self) -> str:
        """Where rows are posted."""
        return f"http://127.0.0.1:{self.port}{self.contender.path}"

    def ask(self) -> object:
        """Return the answer to the body."""
        body = self.contender.body.read_bytes()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def load(self, connections: int, seconds: int) -> wrk.Load:
        """Load the server and return what came of it."""
        before = self._cpu_seconds()
        found = wrk.load(self.url, self.contender.body, connections, seconds)
        return wrk.Load(
            connections=connections,
            requests=int(found["requests"]),
            seconds=found["seconds"],
            p50_ms=found["p50_ms"],
            p99_ms=found["p99_ms"],
            cpu_seconds=self._cpu_seconds() - before,
        )

    def memory_mb(self) -> float:
        """Return the resident memory of the server and its children, in MB."""
        return sum(each.memory_info().rss for each in self._tree()) / 1e6

    def _cpu_seconds(self) -> float:
        times = [each.cpu_times() for each in self._tree()]
        return float(sum(each.user + each.system for each in times))

    def _tree(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def contenders(project: Path, serving: Path, pipeline: Path, scratch: Path) -> list[Contender]:
    """Return the servers, this project's first."""
    example = project / "reports" / "example.json"
    ours = Contender(
        OURS,
        (str(serving / "bin" / "predictor"), "serve", "--port", "{port}"),
        project,
        example,
        environment="serving",
    )
    answer = scratch / "answer.json"
    with started([ours]) as (running,):
        answer.write_text(json.dumps(running.ask()), encoding="utf-8")
    common = (str(project), str(answer), "{port}")
    full = str(project / ".venv" / "bin" / "python")
    empty = Contender(
        EMPTY,
        (str(serving / "bin" / "python"), str(SERVERS / "empty.py"), *common),
        project,
        example,
        environment="serving",
    )
    frame = Contender(
        FRAME,
        (full, str(SERVERS / "dataframe.py"), *common, str(pipeline)),
        project,
        example,
        # One row gains nothing from more threads; without this it is slower.
        variables={"OMP_NUM_THREADS": "1"},
    )
    return [ours, empty, frame, _mlflow(project, scratch)]


def _mlflow(project: Path, scratch: Path) -> Contender:
    contract = yaml.safe_load((project / "contract.yaml").read_text(encoding="utf-8"))
    row = json.loads((project / "reports" / "example.json").read_text(encoding="utf-8"))
    body = scratch / "invocation.json"
    body.write_text(json.dumps({"dataframe_records": [row]}), encoding="utf-8")
    model = f"models:/{contract['name']}@champion"
    command = ("mlflow", "models", "serve", "--model-uri", model, "--env-manager", "local")
    options = ("--workers", "1", "--host", "127.0.0.1", "--port", "{port}")
    binaries = project / ".venv" / "bin"
    return Contender(
        MLFLOW,
        (str(binaries / command[0]), *command[1:], *options),
        project,
        body,
        path="/invocations",
        ready="/ping",
        # MLflow starts uvicorn by its name.
        variables={
            "PATH": f"{binaries}:{clean()['PATH']}",
            "MLFLOW_TRACKING_URI": f"sqlite:///{project / 'mlflow.db'}",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        },
    )


@contextmanager
def started(everyone: list[Contender]) -> Iterator[list[Running]]:
    """Run the servers one beside the other, all of them ready, until the block ends."""
    with ExitStack() as stack:
        yield [stack.enter_context(_started(each)) for each in everyone]


@contextmanager
def _started(contender: Contender) -> Iterator[Running]:
    port = demo.free_port()
    command = [part.replace("{port}", str(port)) for part in contender.command]
    begin = time.monotonic()
    process = psutil.Popen(
        command,
        cwd=contender.folder,
        env={**clean(), **contender.variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(contender, process, port)
        yield Running(contender, process, port, time.monotonic() - begin)
    finally:
        _end(process)


def _wait(contender: Contender, process: psutil.Popen, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"bench: {contender.name} ended at once: {' '.join(contender.command)}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{contender.ready}", timeout=5):
                return
        except OSError:
            time.sleep(POLL_SECONDS)
    sys.exit(f"bench: {contender.name} was not ready within {READY_SECONDS} s")


def _end(process: psutil.Popen) -> None:
    tree = [process, *process.children(recursive=True)] if process.poll() is None else []
    for each in tree:
        each.terminate()
    _, alive = psutil.wait_procs(tree, timeout=15)
    for each in alive:
        each.kill()


def require_same_answers(running: list[Running]) -> None:
    """Ask everyone; end with a sentence unless all who predict give the same probability."""
    answers = {each.contender.name: probability(each.ask()) for each in running}
    for name, value in answers.items():
        print(f"{name}: probability {value:.7f}")
    answers.pop(EMPTY, None)  # a constant
    if max(answers.values()) - min(answers.values()) > TOLERANCE:
        sys.exit(f"bench: the servers answer differently, so they cannot be compared: {answers}")


def probability(answer: object) -> float:
    """Return the probability of an answer, which MLflow wraps in a list of predictions."""
    if isinstance(answer, dict) and "predictions" in answer:
        return probability(answer["predictions"][0])
    if isinstance(answer, dict) and "probability" in answer:
        return float(answer["probability"])
    sys.exit(f"bench: an answer without a probability: {answer}")
