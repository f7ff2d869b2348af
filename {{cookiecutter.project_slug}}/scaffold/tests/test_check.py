from collections.abc import Callable
from pathlib import Path

import pytest

from predictor.schema import TARGET
from scaffold import check
from scaffold.finish import without_scaffold
from scaffold.git import git

URL = "https://github.com/{}/actions/workflows/ci.yml/badge.svg"


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change into a project whose owner has written nothing yet."""
    monkeypatch.chdir(tmp_path)
    git("init")
    person = '[project]\nauthors = [{ name = "Your Name", email = "you@example.com" }]\n'
    Path("pyproject.toml").write_text(person)
    Path("LICENSE").write_text("Copyright (c) Your Name\n")
    Path("params.yaml").write_text(f'problem:\n  question: "{check.QUESTION}"\n')
    Path("README.md").write_text("*Not answered yet.*\n\n*Not answered yet.*\n")


def states() -> dict[str, str]:
    return {each.__name__: each().state for each in check.CHECKS}


def test_a_fresh_project_never_passes() -> None:
    assert set(states().values()) == {"NO"}
    assert str(check.readme()) == "NO  README.md: 2 not answered: answer them in your words"
    assert len(check.missing(check.run())) == len(check.CHECKS)


@pytest.mark.parametrize(
    ("check_of", "file", "text"),
    [
        (check.author, "LICENSE", "Copyright (c) A\n"),
        (
            check.author,
            "pyproject.toml",
            '[project]\nauthors = [{ name = "A", email = "a@b.cd" }]\n',
        ),
        (check.question, "params.yaml", f"question: What is {TARGET!r} of a house?"),
        (check.question, "params.yaml", "decision: Not answered yet."),
    ],
)
def test_one_placeholder_is_enough(
    check_of: Callable[[], check.Finding], file: str, text: str
) -> None:
    Path(file).write_text(text)
    assert check_of().state == "NO"


def test_what_the_owner_has_written_passes() -> None:
    Path("pyproject.toml").write_text('[project]\nauthors = [{ name = "A", email = "a@b.cd" }]\n')
    Path("LICENSE").write_text("Copyright (c) A\n")
    Path("params.yaml").write_text("problem:\n  question: Is it late?\n")
    Path("README.md").write_text("Because of the costs.\n")
    found = states()
    assert [found[name] for name in ("author", "question", "readme")] == ["ok"] * 3


@pytest.mark.parametrize(
    ("named", "state", "text"),
    [
        ("me/mine", "?", "names me/mine"),
        ("you/yours", "NO", "names you/yours: change it to me/mine"),
        (None, "NO", "the CI badge in README.md is missing"),
    ],
)
def test_the_badge_is_that_of_the_remote(named: str | None, state: str, text: str) -> None:
    git("remote", "add", "origin", "git@github.com:me/mine.git")
    Path("README.md").write_text(URL.format(named) if named else "")
    found = check.badge()
    assert found.state == state
    assert text in str(found)


def test_pyproject_without_the_scaffold_keeps_the_rest_and_its_comments() -> None:
    text = """\
[dependency-groups]
dev = ["ruff"]    # mine
scaffold = ["cruft"]

[tool.ruff.lint.per-file-ignores]
"scaffold/**" = ["S603"]
"tests/**" = ["D"]

[tool.mypy]
files = ["scaffold", "src"]
exclude = ["^scaffold/project/[a-z]+/"]    # they replace modules of the package

[tool.pytest.ini_options]
testpaths = ["tests", "scaffold/tests"]
pythonpath = ["."]
"""
    assert (
        without_scaffold(text)
        == """\
[dependency-groups]
dev = ["ruff"]    # mine

[tool.ruff.lint.per-file-ignores]
"tests/**" = ["D"]

[tool.mypy]
files = ["src"]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""
    )
