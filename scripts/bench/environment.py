"""What the servers run in: the serving environment, and the fitted scikit-learn pipeline."""

import os
import subprocess
import sys
from pathlib import Path

SERVERS = Path(__file__).parent / "servers"


def serving_environment(project: Path, scratch: Path) -> Path:
    """Install only what the service depends on, and return the environment."""
    environment = scratch / "serving"
    print("installing the serving environment", flush=True)
    run(
        project,
        "uv",
        "sync",
        "--quiet",
        "--no-default-groups",
        UV_PROJECT_ENVIRONMENT=str(environment),
    )
    return environment


def fit_pipeline(project: Path, scratch: Path) -> Path:
    """Fit the champion's pipeline again, unless that is done, and return its file."""
    pipeline, champion = scratch / "pipeline.joblib", project / "models" / "champion.json"
    if pipeline.exists() and pipeline.stat().st_mtime > champion.stat().st_mtime:
        return pipeline
    print("fitting the scikit-learn pipeline of the champion", flush=True)
    python = project / ".venv" / "bin" / "python"
    run(project, str(python), str(SERVERS / "fit_pipeline.py"), str(pipeline))
    return pipeline


def run(folder: Path, *command: str, **environment: str) -> None:
    """Run a command, and end with its output if it fails."""
    result = subprocess.run(
        command,
        cwd=folder,
        env=clean() | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        sys.exit(f"bench: `{' '.join(command)}` failed:\n{result.stdout}{result.stderr}")


def clean() -> dict[str, str]:
    """Return the environment without what points at the environment of this script."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")}


def size_mb(environment: Path) -> float:
    """Return the size of all files of an environment, in MB."""
    return sum(path.lstat().st_size for path in environment.rglob("*")) / 1e6
