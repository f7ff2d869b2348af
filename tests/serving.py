"""A running service of a generated project, and requests to it."""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import demo
from conftest import clean_environment

JSON = "application/json"


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: Message
    content: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True)
class Service:
    """A process that answers."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> Response:
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path: str, body: bytes | object, kind: str = JSON) -> Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind}
        return self._ask(urllib.request.Request(self.url + path, content, headers))

    def lines(self) -> list[dict[str, Any]]:
        """Return what it has logged."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def _ask(self, request: urllib.request.Request) -> Response:
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Response(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return Response(error.code, error.headers, error.read())


@contextmanager
def serving(
    project: Path,
    log: Path,
    settings: Mapping[str, str] | None = None,
    program: Path | None = None,
    files: int = 4096,
    ready: str = "ready",
) -> Iterator[Service]:
    """Run `predictor serve` in a project; the block begins when it is `ready`, or only `live`.

    At most `files` may be open at a time.
    """
    port = demo.free_port()
    program = program or project / ".venv" / "bin" / "predictor"
    command = f"ulimit -n {files}; exec {program} serve --port {port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=project,
            env=clean_environment() | dict(settings or {}),
            stdout=output,
            stderr=output,
        )
    try:
        demo.wait_until(process, port, f"/health/{ready}")
        yield Service(port, process, log)
    finally:
        demo.stop(process)


def memory_mb(service: Service) -> float:
    """Return the most memory that the service has had, in MB."""
    status = Path(f"/proc/{service.process.pid}/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def example_of(project: Path) -> dict[str, Any]:
    """Return the row that the README asks about."""
    path = project / "reports" / "champion" / "example.json"
    row: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return row
