"""A real `mlflow server` on this machine."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import demo
from conftest import clean_environment

SECONDS = 120
QUIET = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore"}


@contextmanager
def tracking_server(project: Path, folder: Path, port: int | None = None) -> Iterator[str]:
    """Serve the store in `folder` while the block runs, and return the address."""
    port = port or demo.free_port()
    folder.mkdir(exist_ok=True)
    address = [
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *("--artifacts-destination", str(folder / "mlartifacts")),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
    ]
    # The server starts a child that serves, so the whole group is ended.
    process = subprocess.Popen(
        [str(project / ".venv" / "bin" / "python"), "-m", "mlflow", "server", *address],
        cwd=folder,
        env=clean_environment() | QUIET,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        eventually(lambda: _is_up(f"http://127.0.0.1:{port}/health"))
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def eventually(holds: Callable[[], bool]) -> None:
    """Return once it holds; fail if it does not within two minutes."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"it does not hold within {SECONDS} s"
        time.sleep(0.1)


def _is_up(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):
            return True
    except OSError:
        return False
