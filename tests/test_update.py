"""`cruft update`: a project of an earlier template takes the present one, and keeps its edits."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from baking import bake, files, text_of
from conftest import git, in_project
from snapshot import PARTS, TEMPLATE, snapshot

pytestmark = pytest.mark.slow

INSIDE = "{{cookiecutter.project_slug}}"
ANSWERS = {"author_name": "Somebody Else", "question": "Is it late?", "notebook": "no"}
# The template before this file: `serve` and `adopt` are there, `score` and the page are not.
ADDED = "src/predictor/score.py"
# What the owner changes in files that the template has changed since, and in others: before
# which text stands what.
EDITS = {
    "README.md": (
        "## Run it\n",
        "## Why I made this\n\nMy desk lost a day a week to late flights.\n\n",
    ),
    "contract.yaml": ("Two-character code of the airline\n", "As the desk writes it, the "),
    "params.yaml": ("prepare:\n", "# Tried without spring: no better.\n"),
    "pyproject.toml": ('    "pyyaml>=6.0",\n    "typer', '    "polars>=1.30",\n'),
    "src/predictor/metrics.py": (
        "def _log_loss(",
        'def mine(number: int) -> int:\n    """Return it twice."""\n    return 2 * number\n\n\n',
    ),
    "tests/test_promote.py": ("def test_", "def test_mine() -> None:\n    assert 1 + 1 == 2\n\n\n"),
}
# The template has moved this one since, and the owner's lines have to go with it.
MOVED = {"src/predictor/metrics.py": "src/predictor/evaluation/metrics.py"}
BLOCKS = {
    "results": "Version 3 beats the dummy.\n\n| | model |\n|---|---|\n| ROC AUC | **0.712** |",
    "answer": '```json\n{"probability": 0.0996, "model_version": "3"}\n```',
}
OWN = ("tests/test_mine.py", "def test_mine() -> None:\n    assert 1 + 1 == 2\n")


@dataclass(frozen=True)
class Template:
    """The present template with its history, and the commit from which a project began."""

    folder: Path
    began: str


def earlier() -> str:
    """Return the last commit of the template without `ADDED`."""
    command = ("log", "--diff-filter=A", "--format=%H", "--", f"{INSIDE}/{ADDED}")
    added = git(TEMPLATE, *command).split()
    parents = git(TEMPLATE, "rev-list", "--parents", "-n", "1", added[-1]).split() if added else []
    if len(parents) < 2:
        pytest.skip(
            f"The history here does not reach the commit before {ADDED}: fetch all of it "
            "(`git fetch --unshallow`, or `fetch-depth: 0` for actions/checkout)."
        )
    return parents[1]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Clone the template with its whole history and with what is not committed yet."""
    began, folder = earlier(), tmp_path_factory.mktemp("history") / "template"
    git(TEMPLATE, "clone", "--quiet", str(TEMPLATE), str(folder))
    for part in PARTS:
        path = folder / part
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    snapshot(folder)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "The present state")
    return Template(folder, began)


def begin(history: Template, folder: Path) -> Path:
    """Generate a project from the earlier template, and commit it as `predictor setup` does."""
    options = ("--checkout", history.began, "--output-dir", str(folder), "--no-input")
    cruft(folder, "create", str(history.folder), *options, "--extra-context", json.dumps(ANSWERS))
    project = folder / "flight-delay-predictor"
    assert not (project / ADDED).exists()
    commit(project, "Start the project")
    return project


def cruft(folder: Path, *arguments: str) -> str:
    result = in_project(folder, "cruft", *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def commit(project: Path, message: str) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--no-verify", "--message", message)


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def edit(project: Path) -> None:
    """Do what an owner does to README, contract, code and tests, and a run to the README."""
    for name, (before, own) in EDITS.items():
        moved = project / MOVED.get(name, name)
        path = moved if moved.exists() else project / name
        head, found, tail = text_of(path).partition(before)
        assert found, name
        write(path, head + own + found + tail)
    readme = text_of(project / "README.md")
    for name, block in BLOCKS.items():
        begins, ends = f"<!-- {name}:begin -->\n", f"\n<!-- {name}:end -->"
        head, _, rest = readme.partition(begins)
        readme = head + begins + block + ends + rest.partition(ends)[2]
    write(project / "README.md", readme)
    write(project / OWN[0], OWN[1])


def content(project: Path) -> dict[str, str]:
    """Return every file but cruft's own."""
    names = {path.relative_to(project).as_posix(): text_of(path) for path in files(project)}
    return {name: text for name, text in names.items() if name != ".cruft.json"}


def test_an_update_gives_the_present_template_with_every_edit(
    history: Template, tmp_path: Path
) -> None:
    project = begin(history, tmp_path)
    edit(project)
    commit(project, "Make it mine")
    said = cruft(project, "update", "--skip-apply-ask")
    fresh = bake(history.folder, tmp_path / "fresh", ANSWERS)
    edit(fresh)
    assert ADDED in content(fresh)
    assert content(project) == content(fresh), said
    assert git(project, "diff", "--name-only", "--diff-filter=U") == ""
    assert git(project, "diff", "--check", "HEAD") == ""
    assert "up to date" in cruft(project, "check")
    contract = yaml.safe_load(text_of(project / "contract.yaml"))
    assert contract["question"] == ANSWERS["question"]
    assert contract["columns"]["carrier"]["description"].startswith("As the desk writes it, the ")


def test_lines_that_both_changed_are_kept_side_by_side_and_named(
    history: Template, tmp_path: Path
) -> None:
    project = begin(history, tmp_path)
    (before, since), *_ = MOVED.items()
    own = EDITS[before][1]
    write(project / before, f"{text_of(project / before)}\n\n{own.rstrip()}\n")
    commit(project, "Make it mine")
    said = cruft(project, "update", "--skip-apply-ask")
    assert f"U {since}" in said
    unmerged = git(project, "diff", "--name-only", "--diff-filter=U").split()
    assert unmerged == [since]
    fresh = bake(history.folder, tmp_path / "fresh", ANSWERS)
    ours, theirs = (set(text.splitlines()) for text in (own, text_of(fresh / unmerged[0])))
    assert ours | theirs <= set(text_of(project / since).splitlines())
    assert (project / ADDED).exists()


def test_the_readme_names_the_commands_that_are_run_here() -> None:
    readme = text_of(TEMPLATE / "README.md")
    assert "`uvx cruft create https://github.com/OWNER/cookiecutter-mlops-portfolio`" in readme
    assert "`uvx cruft update`" in readme
