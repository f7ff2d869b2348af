"""Bakes of the template, and two projects that have really run: the core, and everything."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import demo
import pytest
from baking import Answers, bake
from filelock import FileLock
from snapshot import TEMPLATE, snapshot

Bake = Callable[..., Path]
Run = subprocess.CompletedProcess[str]
Once = Callable[[str, Callable[[], str]], str]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of test_add.py."""
    parser.addoption(
        "--make-check",
        action="store_true",
        help="test_add.py: `make check` after each part, about 40 minutes; else lint and types",
    )


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
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Once:
    """Return a function that runs another once for all workers and returns its text."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder if worker_id == "master" else folder.parent  # the parent is that of the run

    def run_once(name: str, build: Callable[[], str]) -> str:
        text = folder / f"{name}.txt"
        with FileLock(folder / f"{name}.lock"):
            if not text.exists():
                text.write_text(build(), encoding="utf-8")
            return text.read_text(encoding="utf-8")

    return run_once


@pytest.fixture(scope="session")
def demo_output(once: Once) -> str:
    """Run `make demo` and return what it printed; the project stays in build/demo."""

    def build() -> str:
        done = run(TEMPLATE, "make", "--no-print-directory", "demo")
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        committed(TEMPLATE / "build" / "demo" / demo.SLUG)
        return done.stdout

    return once("demo", build)


@pytest.fixture(scope="session")
def core(demo_output: str) -> Path:
    """Return the project of the demo after its pipeline; tests must not change it."""
    assert demo_output
    return TEMPLATE / "build" / "demo" / demo.SLUG


@pytest.fixture(scope="session")
def everything(template: Path, core: Path, once: Once) -> Path:
    """Return a project with every part after its pipeline; tests must not change it."""

    def build() -> str:
        folder = TEMPLATE / "build" / "everything"
        shutil.rmtree(folder, ignore_errors=True)
        project = bake(template, folder, {"size": "everything"})
        shutil.copytree(core / ".dvc" / "cache", project / ".dvc" / "cache")
        for command in ("uv sync --quiet", "uv run dvc repro", "uv run predictor promote --strict"):
            done = run(project, *command.split())
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return str(committed(project))

    return Path(once("everything", build))


@pytest.fixture(scope="session")
def tables(core: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with tables as users have them."""
    folder = tmp_path_factory.mktemp("tables")
    program = str(TEMPLATE / "tests" / "probes" / "make_tables.py")
    made = run(folder, str(core / ".venv" / "bin" / "python"), program, str(folder))
    assert made.returncode == 0, made.stderr
    return folder


def committed(project: Path) -> Path:
    """Commit everything, and return the project."""
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--no-verify", "--message", "Record the results")
    return project


@pytest.fixture
def own(core: Path, tmp_path: Path) -> Path:
    """Return a copy of the core that a test may change, with an environment of its own."""
    return copy_of(core, tmp_path)


def copy_of(project: Path, folder: Path) -> Path:
    """Copy a project into `folder`, with an environment and an empty registry of its own."""
    leave_out = shutil.ignore_patterns(".venv", "mlflow.db", "mlartifacts")
    copy = Path(shutil.copytree(project, folder / project.name, ignore=leave_out))
    run(copy, "uv", "sync", "--quiet")
    return copy


def run(folder: Path, *command: str, **environment: str) -> Run:
    """Run a command as a user would, and return what it printed."""
    return subprocess.run(
        command,
        cwd=folder,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def predictor(folder: Path, *arguments: str, **environment: str) -> Run:
    """Run the command of a project with the project's own environment."""
    return run(folder, str(folder / ".venv" / "bin" / "predictor"), *arguments, **environment)


def git(folder: Path, *arguments: str) -> str:
    done = run(folder, "git", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def clean_environment() -> dict[str, str]:
    """Return the environment of a newcomer who has the tools of `.venv` on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")}
    someone = ("Somebody", "somebody@example.com")
    kept |= dict(zip(("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"), someone, strict=True))
    kept |= dict(zip(("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"), someone, strict=True))
    return {**kept, "PATH": f"{TEMPLATE / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
