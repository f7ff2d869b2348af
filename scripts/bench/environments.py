"""What the servers run in: generated projects, environments, and the fitted pipeline."""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from snapshot import TEMPLATE, snapshot

from bench import FailedError

SERVERS = Path(__file__).parent / "servers"
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "OMP_WAIT_POLICY": "passive"}
# What `servers/scoring.py` imports, beside the sources of the project.
PIPELINE_NEEDS = ("joblib", "pandas", "pydantic", "ruamel-yaml", "scikit-learn", "threadpoolctl")


def generate(size: str, folder: Path, cache: Path | None = None) -> Path:
    """Generate a project into `folder`, replacing it, and train and promote its model.

    With the DVC cache of another project of the same data and model, nothing is trained again.
    """
    shutil.rmtree(folder, ignore_errors=True)
    options = ("--no-input", "--default-config", "--output-dir", str(folder), f"size={size}")
    with tempfile.TemporaryDirectory() as scratch:
        run(TEMPLATE, "cookiecutter", str(snapshot(Path(scratch))), *options)
    (project,) = folder.iterdir()
    if cache:
        shutil.copytree(cache, project / ".dvc" / "cache")
    for command in ("uv sync --quiet", "uv run dvc repro", "uv run predictor promote --strict"):
        run(project, *command.split())
    return project


def serving_environment(project: Path, environment: Path) -> None:
    """Install what the service depends on, and httptools, which it does not use by itself."""
    variables = {"UV_PROJECT_ENVIRONMENT": str(environment), "UV_COMPILE_BYTECODE": "1"}
    run(project, "uv", "sync", "--quiet", "--no-default-groups", **variables)
    _install(project, environment, "httptools")


def framework_environment(project: Path, environment: Path, framework: str) -> None:
    """Install a framework and scikit-learn, in the versions of the project's date."""
    python = str(project / ".venv" / "bin" / "python")
    run(project, "uv", "venv", "--quiet", "--clear", "--python", python, str(environment))
    _install(project, environment, framework, *PIPELINE_NEEDS)


def _install(project: Path, environment: Path, *packages: str) -> None:
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    options = ("--quiet", "--compile-bytecode", "--python", str(environment / "bin" / "python"))
    until = ("--exclude-newer", tomllib.loads(text)["tool"]["uv"]["exclude-newer"])
    run(project, "uv", "pip", "install", *options, *until, *packages)


def run_server_script(project: Path, name: str, result: Path) -> None:
    """Run a script of `servers` with the environment of the project; it writes `result`."""
    python = str(project / ".venv" / "bin" / "python")
    run(project, python, str(SERVERS / name), str(result))


def run(folder: Path, *command: str, **variables: str) -> None:
    """Run a command and show its output.

    Raises:
        FailedError: the exit code is not 0; the message ends with what it wrote to stderr.
    """
    print(f"$ {' '.join(command)}"[:110], flush=True)
    done = subprocess.run(
        command, cwd=folder, env=clean() | variables, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise FailedError(f"`{command[0]} {command[1]}` failed: {done.stderr.strip()[-1500:]}")


def clean() -> dict[str, str]:
    """Return the environment with the tools of this script on the path, and no `VIRTUAL_ENV`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | QUIET | {"PATH": path}
