"""`cruft update`: a project takes what a later template brings, or a part, and keeps its edits."""

import json
import shutil
from pathlib import Path

import pytest
from baking import bake, files, text_of
from conftest import git, run
from snapshot import TEMPLATE, snapshot

pytestmark = pytest.mark.slow

INSIDE = "{{cookiecutter.project_slug}}"
ANSWERS = {"author_name": "Somebody Else", "question": "Is it late?", "notebook": "no"}
Edits = dict[str, tuple[str, str]]
# Before which text of which file somebody writes what: the owner, and a later template.
MINE: Edits = {
    "README.md": ("## Limits\n", "## Why I made this\n\nMy desk lost a day to late flights.\n\n"),
    "params.yaml": ("prepare:\n", "# Tried without spring: no better.\n"),
    "pyproject.toml": ('    "pandas>=3.0",\n', '    "polars>=1.30",\n'),
    "src/predictor/features.py": ("def encode(", "def mine() -> None: ...\n\n\n"),
    "tests/test_features.py": ("def test_inputs", "def test_mine() -> None: ...\n\n\n"),
}
LATER: Edits = {
    "params.yaml": ("evaluate:\n", "# A later remark.\n"),
    "pyproject.toml": ('    "pytest>=9.0",\n', '    "pytest-randomly>=4.0",\n'),
    "src/predictor/features.py": ("def _is_missing(", "def later() -> None: ...\n\n\n"),
}
MOVED = ("src/predictor/comparison.py", "src/predictor/intervals.py")


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """Return a repository of the template, whose folder a test may change and commit."""
    folder = snapshot(tmp_path / "template")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "The present template")
    return folder


@pytest.fixture
def project(later: Path, tmp_path: Path) -> Path:
    """Return a project of the present template with edits of its owner, committed."""
    options = ("--output-dir", str(tmp_path), "--no-input", "--extra-context", json.dumps(ANSWERS))
    cruft(tmp_path, "create", str(later), *options)
    made = tmp_path / "flight-delay-predictor"
    commit(made, "Start the project")  # git merges against this
    edit(made, MINE)
    commit(made, "Make it mine")
    return made


def cruft(folder: Path, *arguments: str) -> str:
    done = run(folder, "cruft", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", message)


def edit(folder: Path, edits: Edits) -> None:
    for name, (before, own) in edits.items():
        head, found, tail = text_of(folder / name).partition(before)
        assert found, name
        (folder / name).write_text(head + own + found + tail, encoding="utf-8", newline="\n")


def content(project: Path) -> dict[str, str]:
    """Return every file but cruft's own and the README, which updates leave to the owner."""
    names = {path.relative_to(project).as_posix(): text_of(path) for path in files(project)}
    return {name: text for name, text in names.items() if name not in (".cruft.json", "README.md")}


def test_an_update_brings_the_later_template_and_keeps_every_edit(
    later: Path, project: Path, tmp_path: Path
) -> None:
    edit(later / INSIDE, LATER)
    shutil.move(later / INSIDE / MOVED[0], later / INSIDE / MOVED[1])
    commit(later, "A later template")
    said = cruft(project, "update", "--skip-apply-ask")
    fresh = bake(later, tmp_path / "fresh", ANSWERS)
    edit(fresh, MINE)
    assert content(project) == content(fresh), said
    assert git(project, "diff", "--name-only", "--diff-filter=U") == ""
    assert "up to date" in cruft(project, "check")


def test_a_part_is_added_to_a_project_that_has_edits(
    later: Path, project: Path, tmp_path: Path
) -> None:
    wanted = {"hardening": "yes", "gate": "yes"}
    cruft(project, "update", "--skip-apply-ask", "--variables-to-update", json.dumps(wanted))
    fresh = bake(later, tmp_path / "fresh", ANSWERS | wanted)
    edit(fresh, MINE)
    assert content(project) == content(fresh)


def test_lines_that_both_changed_are_kept_side_by_side_and_named(
    later: Path, project: Path
) -> None:
    name = "src/predictor/features.py"
    edit(later / INSIDE, {name: ("def encode(", "def later() -> None: ...\n\n\n")})
    commit(later, "A later template")
    said = cruft(project, "update", "--skip-apply-ask")
    assert f"U {name}" in said
    assert git(project, "diff", "--name-only", "--diff-filter=U").split() == [name]
    both = text_of(project / name)
    assert "def mine() -> None" in both
    assert "def later() -> None" in both


def test_the_readme_names_the_commands_that_are_run_here() -> None:
    readme = text_of(TEMPLATE / "README.md")
    assert "`uvx cruft create https://github.com/OWNER/cookiecutter-mlops-portfolio`" in readme
    assert "`uvx cruft update`" in readme
