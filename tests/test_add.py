"""`python -m scaffold add`: an owner's project takes each part, one after another."""

import json
from pathlib import Path

import post_gen_project
import pre_gen_project
import pytest
from baking import bake
from conftest import git, run
from snapshot import snapshot
from test_adopt import about_flights
from test_update import MINE, commit, cruft, edit

pytestmark = pytest.mark.slow

PARTS = [*post_gen_project.PARTS]
NONE = dict.fromkeys(PARTS, "no") | {"author_name": "Somebody Else"}
# The tests of each part run with all parts together, in test_ci.py, or by --make-check.
ADD = """
import sys
from scaffold import parts
call = parts.call
parts.call = lambda *command: None if "pytest" in command else call(*command)
parts.change([sys.argv[1]], "yes")
"""
DOCUMENTED = 'def mine() -> None:\n    """Mine."""\n\n\n'
DEPENDENCY = ('    "pytest>=9.0",\n', '    "pytest-randomly>=4.0",\n')
LINT = ("uv run ruff check", "uv run ruff format --check", "uv run mypy")


@pytest.fixture
def template_repository(tmp_path: Path) -> Path:
    folder = snapshot(tmp_path / "template")
    git(folder, "init", "--quiet")
    commit(folder, "The template")
    return folder


def owned(project: Path, *adopt: str) -> Path:
    """Commit a project, the table that it adopts if any, and what its owner has changed."""
    assert run(project, "uv", "sync", "--quiet").returncode == 0
    commit(project, "Start the project")
    if adopt:
        done = run(project, "uv", "run", "python", "-m", "scaffold", "adopt", *adopt)
        assert done.returncode == 0, done.stdout + done.stderr
        commit(project, "Adopt a table")
    mine = {"src/predictor/features.py": ("def encode(", DOCUMENTED)}
    edit(project, {**MINE, "pyproject.toml": DEPENDENCY, **mine})
    (project / "README.md").write_text("# Mine\n\nAll in my words.\n", encoding="utf-8")
    commit(project, "Make it mine")
    return project


@pytest.mark.parametrize("tool", ["cookiecutter", "cruft"])
def test_each_part_is_added_without_a_conflict(
    template_repository: Path,
    tables: Path,
    tmp_path: Path,
    tool: str,
    pytestconfig: pytest.Config,
) -> None:
    checks = ("make check",) if pytestconfig.getoption("make_check") else LINT
    if tool == "cookiecutter":
        made, table = bake(template_repository, tmp_path, NONE), str(tables / "wines.csv")
        options = ("--target", "target", "--time", "none", "--yes")
        project, order = owned(made, table, *options), PARTS
    else:
        answers = ("--no-input", "--extra-context", json.dumps(NONE))
        cruft(tmp_path, "create", str(template_repository), "--output-dir", str(tmp_path), *answers)
        project, order = owned(tmp_path / "flight-delay-predictor"), PARTS[::-1]
        order.sort(key=lambda part: part in pre_gen_project.NEEDS)
    for part in order:
        done = run(project, ".venv/bin/python", "-c", ADD, part)
        assert done.returncode == 0, (part, done.stdout + done.stderr)
        commit(project, f"Add {part}")
        for command in checks:
            done = run(project, *command.split())
            assert done.returncode == 0, (part, command, done.stdout + done.stderr)
            assert git(project, "status", "--porcelain") == "", (part, command)
        print(f"{part}: {checks[-1]} passed: {done.stdout.splitlines()[-1]}")
    assert "All in my words" in (project / "README.md").read_text(encoding="utf-8")
    assert "def mine" in (project / "src/predictor/features.py").read_text(encoding="utf-8")
    if tool == "cookiecutter":
        assert about_flights(project) == []


def test_a_part_that_needs_another_one_says_so(template_repository: Path, tmp_path: Path) -> None:
    project = owned(bake(template_repository, tmp_path, NONE))
    done = run(project, ".venv/bin/python", "-c", ADD, "replay")
    assert "`cruft update` failed: replay needs the part monitoring" in done.stderr
    assert git(project, "status", "--porcelain") == ""
