"""A running service of the generated project, and requests to it."""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
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
    folder: Path,
    *arguments: str,
    predictor: Path | None = None,
    ready: bool = True,
    settings: dict[str, str] | None = None,
) -> Iterator[Service]:
    """Run `predictor serve` while the block runs; its log and its labels go to `folder`."""
    port, log = demo.free_port(), folder / "service.log"
    program = predictor or project / ".venv" / "bin" / "predictor"
    environment = {"PREDICTOR_FEEDBACK": str(folder / "feedback.jsonl")} | (settings or {})
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "serve", "--port", str(port), *arguments],
            cwd=project,
            env=clean_environment() | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            demo.wait_until(process, port, "/health/ready" if ready else "/health/live")
            yield Service(port, process, log)
        finally:
            demo.stop(process)
