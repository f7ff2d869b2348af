"""Bakes of the template, and one project that has really run."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import demo
import pytest
from baking import Answers, bake
from snapshot import TEMPLATE, snapshot

pytest_plugins = ("pages",)

Bake = Callable[..., Path]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template as git knows it."""
    return snapshot(tmp_path_factory.mktemp("template"))


@pytest.fixture
def baked(template: Path, tmp_path: Path) -> Bake:
    """Return a function that bakes a project with the given answers."""

    def bake_here(**answers: str) -> Path:
        return bake(template, tmp_path, answers)

    return bake_here


@pytest.fixture(scope="session")
def answers() -> Answers:
    """Return the default answers."""
    loaded: Answers = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="session")
def demo_output() -> str:
    """Run `make demo` and return what it printed; the project stays in build/demo."""
    command = ["make", "--no-print-directory", "demo"]
    result = subprocess.run(
        command, cwd=TEMPLATE, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return result.stdout


@pytest.fixture(scope="session")
def project(demo_output: str) -> Path:
    """Return the project of the demo, with its results committed; tests must not change it."""
    assert demo_output
    folder = TEMPLATE / "build" / "demo" / demo.SLUG
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", "Record the results")
    return folder


@pytest.fixture
def own_project(project: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may change, with an environment and an empty store of its own."""
    return copy_of_project(project, tmp_path)


def copy_of_project(project: Path, folder: Path) -> Path:
    """Copy a project into `folder`, with an environment and an empty store of its own."""
    leave_out = shutil.ignore_patterns(".venv", "mlflow.db", "mlartifacts")
    copy = Path(shutil.copytree(project, folder / demo.SLUG, ignore=leave_out))
    in_project(copy, "uv", "sync", "--quiet")
    return copy


def in_project(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user of the project would, and return what it printed."""
    return subprocess.run(
        command,
        cwd=folder,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    result = subprocess.run(
        command, env=clean_environment(), check=True, capture_output=True, text=True
    )
    return result.stdout


def clean_environment() -> dict[str, str]:
    """Return the environment of a newcomer who has the tools of `.venv` on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")}
    someone = ("Somebody", "somebody@example.com")
    kept |= dict(zip(("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"), someone, strict=True))
    kept |= dict(zip(("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"), someone, strict=True))
    return {**kept, "PATH": f"{TEMPLATE / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
