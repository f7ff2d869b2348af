"""Docker, as the tests call it."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run, run

STAND_INS = Path(__file__).parent / "stack"
SECONDS = 60


def require_engine() -> None:
    """Skip the test where there is no engine; fail where there must be one."""
    if shutil.which("docker") and run(STAND_INS, "docker", "info").returncode == 0:
        return
    reason = "needs a Docker Engine with Compose"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def attempt(*arguments: str, folder: Path = STAND_INS, **environment: str) -> Run:
    return run(folder, "docker", *arguments, DOCKER_BUILDKIT="1", **environment)


def docker(*arguments: str, folder: Path = STAND_INS, **environment: str) -> str:
    """Return what `docker` printed; fail with its complaint."""
    done = attempt(*arguments, folder=folder, **environment)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout.strip()


def build_stand_in(target: str) -> str:
    """Return the image that stands in for one of compose.yaml's."""
    return docker("build", "--quiet", "--target", target, ".")


def eventually(holds: Callable[[], bool]) -> None:
    """Return once it holds; fail if it does not within a minute."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"it does not hold within {SECONDS} s"
        time.sleep(0.2)
