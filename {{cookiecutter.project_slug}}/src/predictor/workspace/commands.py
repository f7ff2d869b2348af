"""The everyday commands around the pipeline: set up, run, check, look."""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from predictor.errors import PredictorError
from predictor.ports import require_free
from predictor.project import Project

logger = logging.getLogger(__name__)

FIRST_COMMIT = "Start the project"
RESULTS = "Record the results of the pipeline"
# Two thirds of the time. Each process imports MLflow and scikit-learn anew: more gain little.
IN_TWO = ("--numprocesses=2", "--dist=loadscope")


def set_up(project: Project) -> None:
    """Commit everything once, then install the git hooks; say so where git does not allow it."""
    git = shutil.which("git")
    if git is None or not (project.root / ".git").exists():
        logger.info("no git repository here: no first commit, no hooks (`git init -b main`)")
        return
    if _succeeds(project, git, "rev-parse", "HEAD"):
        logger.info("already committed")
    else:
        _commit_everything(project, git)
    if not _succeeds(project, *_module("pre_commit", "install"), quiet=False):
        logger.info("the git hooks are not installed; `uv run predictor check` runs them by hand")


def _commit_everything(project: Project, git: str) -> None:
    _run(project, git, "add", "--all")
    # `git var` knows the environment, the settings and what git makes up itself.
    if _succeeds(project, git, "var", "GIT_COMMITTER_IDENT"):
        _run(project, git, "commit", "--quiet", "--message", FIRST_COMMIT)
        logger.info("first commit made: %s", FIRST_COMMIT)
        return
    logger.info(
        "git does not know who you are, so nothing is committed: set `git config --global "
        "user.name` and `user.email`, then run `uv run predictor setup` again"
    )


def run_dvc(project: Project, *arguments: str) -> None:
    """Run `dvc` with its output shown.

    Raises:
        PredictorError: it failed.
    """
    _run(project, *_module("dvc", *arguments))


def run_uv(project: Project, *arguments: str) -> None:
    """Run `uv` with its output shown.

    Raises:
        PredictorError: it is missing, or it failed.
    """
    # `uv run` names itself, and need not be on the path.
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise PredictorError(f"uv is not on the path: run `uv {' '.join(arguments)}` yourself.")
    _run(project, uv, *arguments)


def check(project: Project) -> None:
    """Run all hooks (with mypy) on all files, then the tests.

    Raises:
        PredictorError: one of them found something; both have run.
    """
    every = ("run", "--all-files", "--show-diff-on-failure")
    hooks = _succeeds(project, *_module("pre_commit", *every), quiet=False)
    tests = _succeeds(project, *_module("pytest", *IN_TWO), quiet=False)
    if not (hooks and tests):
        raise PredictorError("The check failed: mend what is marked above and run it again.")


def open_ui(project: Project, uri: str, port: int) -> None:
    """Serve the MLflow UI until interrupted; a server's own is only named.

    Raises:
        PredictorError: the port is taken.
    """
    if uri.startswith("http"):
        logger.info("the runs are on a server, which has its own UI: %s", uri)
        return
    require_free("127.0.0.1", port)
    logger.info("MLflow starts on http://127.0.0.1:%s in half a minute; Ctrl-C ends it", port)
    address = ["--backend-store-uri", uri, "--host", "127.0.0.1", "--port", str(port)]
    address += ["--workers", "1"]
    # MLflow's job consumers take 2 GB, and its dependencies warn about each other.
    os.environ |= {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore"}
    _run(project, *_module("mlflow", "server", *address))


def start_containers(project: Project, docker: str) -> None:
    """Build and start what `deploy/compose.yaml` names; return when all of it is healthy.

    Raises:
        PredictorError: something cannot be built, or does not become healthy.
    """
    compose = [docker, "compose", "--project-directory", str(project.deploy)]
    _run(project, *compose, "up", "--build", "--detach", "--wait")


def next_step(project: Project, message: str = RESULTS) -> str | None:
    """Return what changed since the last commit and the commands that commit it, if anything."""
    git = shutil.which("git")
    if git is None or not (project.root / ".git").exists():
        return None
    changed = _output(project, git, "status", "--short")
    if not changed:
        return None
    commands = f'  git add --all\n  git commit -m "{message}"'
    return f"changed since the last commit:\n{changed}\ncommit it with\n{commands}"


def _module(name: str, *arguments: str) -> list[str]:
    # The interpreter of this environment, so that it also works where PATH does not name it.
    return [sys.executable, "-m", name, *arguments]


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path}


def _run(project: Project, *command: str) -> None:
    if not _succeeds(project, *command, quiet=False):
        name = Path(command[0]).stem if command[1] != "-m" else command[2]
        raise PredictorError(f"`{name}` failed; its message stands above.")


def _succeeds(project: Project, *command: str, quiet: bool = True) -> bool:
    silent = subprocess.DEVNULL if quiet else None
    result = subprocess.run(  # noqa: S603 (commands are ours)
        command, cwd=project.root, env=_environment(), stdout=silent, stderr=silent, check=False
    )
    return result.returncode == 0


def _output(project: Project, *command: str) -> str:
    result = subprocess.run(  # noqa: S603 (commands are ours)
        command, cwd=project.root, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return result.stdout.rstrip()
