"""Docker, as the tests call it."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import clean_environment

SECONDS = 180
HARDENED = [
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges"),
]


def require_engine() -> None:
    """Skip the test where there is no engine; fail where there must be one."""
    if has_engine():
        return
    reason = "needs a Docker Engine with Compose"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def has_engine() -> bool:
    return (
        shutil.which("docker") is not None
        and _works("docker", "info")
        and _works("docker", "compose", "version")
    )


def _works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def docker(*arguments: str, **environment: str) -> str:
    """Return what `docker` printed; fail with its complaint."""
    done = attempt(*arguments, **environment)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout.strip()


def attempt(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments],
        env=clean_environment() | {"DOCKER_BUILDKIT": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def build(project: Path, *options: str) -> str:
    """Build the serving image and return its id."""
    file = str(project / "deploy" / "Dockerfile")
    return docker("build", "--quiet", "--file", file, *options, str(project))


def size(image: str) -> int:
    """Return the bytes of an image."""
    return int(docker("image", "inspect", image, "--format", "{{.Size}}"))


@dataclass(frozen=True)
class Container:
    """A running container of the serving image."""

    name: str

    @property
    def url(self) -> str:
        return f"http://{docker('port', self.name, '8000/tcp')}"

    def inspect(self) -> Any:
        (found,) = json.loads(docker("inspect", self.name))
        return found

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return attempt("exec", self.name, *command)

    def log(self) -> str:
        done = attempt("logs", self.name)
        return done.stdout + done.stderr


@contextmanager
def running(image: str, *options: str) -> Iterator[Container]:
    """Run the image as CI does while the block runs: read-only, without rights, on loopback."""
    ports = ("--publish", "127.0.0.1::8000")
    container = Container(docker("run", "--detach", *HARDENED, *ports, *options, image))
    try:
        yield container
    finally:
        docker("rm", "--force", "--volumes", container.name)


def eventually(holds: Callable[[], bool], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
