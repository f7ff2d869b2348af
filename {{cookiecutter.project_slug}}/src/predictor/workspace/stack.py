"""`predictor stack`: the whole system in containers on this machine."""

import logging
import os
import secrets
import shutil
from pathlib import Path

from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.project import Project
from predictor.workspace.commands import start_containers

logger = logging.getLogger(__name__)

HEADER = (
    "# Written by `predictor stack`. The volumes know these passwords: keep this file with them."
)
PASSWORDS = ("POSTGRES_PASSWORD", "S3_SECRET_KEY")
PORTS = {"API_PORT": "8000", "MLFLOW_PORT": "5050", "PROMETHEUS_PORT": "9090"}


def start(project: Project) -> None:
    """Invent the passwords once, build what is ours, and return when every service is healthy.

    Raises:
        PredictorError: Docker is missing, or a service does not become healthy.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise PredictorError("There is no `docker` on this machine: install Docker with Compose.")
    settings = PORTS | write_settings(project)
    start_containers(project, docker)
    _say_where(*(f"http://127.0.0.1:{settings[name]}" for name in PORTS))


def _say_where(api: str, mlflow: str, prometheus: str) -> None:
    logger.info("the API is at %s, MLflow at %s, Prometheus at %s", api, mlflow, prometheus)
    logger.info("the API follows `predictor promote` with MLFLOW_TRACKING_URI=%s", mlflow)


def write_settings(project: Project) -> dict[str, str]:
    """Add to `deploy/.env`, which Compose reads, what is missing there, and return all of it."""
    lines = [line for line in _lines(project) if not line.startswith("MODEL=")]
    lines.append(f"MODEL={Contract.read(project.contract).name}")
    known = _pairs(lines)
    lines += [f"{name}={secrets.token_hex(32)}" for name in PASSWORDS if name not in known]
    _write_private(project.secrets, "\n".join(lines) + "\n")
    return _pairs(lines)


def _lines(project: Project) -> list[str]:
    if not project.secrets.exists():
        return [HEADER]
    return project.secrets.read_text(encoding="utf-8").splitlines()


def _pairs(lines: list[str]) -> dict[str, str]:
    split = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in split}


def _write_private(path: Path, text: str) -> None:
    # Created unreadable to others, not made so afterwards.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
