import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from predictor.schema import TARGET
from scaffold import check, pages
from scaffold.finish import without_scaffold
from scaffold.git import git

URL = "https://github.com/{}/actions/workflows/ci.yml/badge.svg"
TEMPLATE = pages.TEMPLATE.read_text(encoding="utf-8").splitlines()
README = "# Title\n\n## Decisions\n\nBecause of the costs.\n\n## Limits\n\nOne winter only.\n"
HOOK = f"""\
repos:
  - repo: local
    hooks:
      - id: detect-secrets
        name: no secrets
        entry: '"{Path(sys.executable).as_posix()}" -m detect_secrets.pre_commit_hook'
        language: system
"""


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change into a project whose owner has written nothing yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(check, "CI_RUNS", ("no-such-program",))
    git("init")
    person = '[project]\nauthors = [{ name = "Your Name", email = "you@example.com" }]\n'
    write("pyproject.toml", person)
    write("LICENSE", "Copyright (c) Your Name\n")
    write("params.yaml", f'problem:\n  question: "{TEMPLATE[0]}"\n')
    write("README.md", f"*Not answered yet.*\n\n- {TEMPLATE[2]}\n\n[gone](gone.md)\n")


def write(name: str, text: str) -> None:
    """Write a file, and add it to git."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    git("add", name)


def test_a_fresh_project_never_passes() -> None:
    states = {each.__name__: each().state for each in check.CHECKS}
    assert states == {
        **dict.fromkeys(("author", "badge", "clean_tree", "links"), "NO"),
        **dict.fromkeys(("results", "question", "sections", "prose", "history"), "NO"),
        **dict.fromkeys(("sizes", "numbers"), "ok"),
        **dict.fromkeys(("secrets", "ci"), "?"),
    }
    assert len(check.print_findings()) == 9


@pytest.mark.parametrize(
    ("check_of", "file", "text"),
    [
        (check.author, "LICENSE", "Copyright (c) A\n"),
        (
            check.author,
            "pyproject.toml",
            '[project]\nauthors = [{ name = "A", email = "a@b.cd" }]\n',
        ),
        (check.question, "params.yaml", f"decision: {TEMPLATE[1]}"),
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
    write("pyproject.toml", '[project]\nauthors = [{ name = "A", email = "a@b.cd" }]\n')
    write("LICENSE", "Copyright (c) A\n")
    write("params.yaml", "problem:\n  question: Is it late?\n")
    write("README.md", README)
    own = (check.author, check.question, check.sections, check.prose, check.links)
    assert [each().state for each in own] == ["ok"] * 5


@pytest.mark.parametrize(
    ("named", "state", "text"),
    [
        ("me/mine", "ok", "names me/mine"),
        ("you/yours", "NO", "names you/yours: show that of me/mine's ci.yml"),
        (None, "NO", "the CI badge is missing: show that of me/mine's"),
    ],
)
def test_the_badge_is_that_of_the_remote(named: str | None, state: str, text: str) -> None:
    git("remote", "add", "origin", "git@github.com:me/mine.git")
    Path("README.md").write_text(URL.format(named) if named else "")
    found = check.badge()
    assert found.state == state
    assert text in str(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (README.replace("One winter only.", "*Not answered yet.*"), "README.md: 1 not answered"),
        (README.replace("One winter only.", ""), "README.md: 'Limits' is empty"),
        (README.replace("## Limits", "## Else"), "README.md: no section 'Limits'"),
    ],
    ids=["blank", "empty", "deleted"],
)
def test_a_section_is_written_only_with_text(text: str, found: str) -> None:
    write("README.md", text)
    assert str(check.sections()) == f"NO  not written yet ({found}): write it in your words"


def test_front_matter_is_no_section() -> None:
    write("README.md", README)
    write("MODEL_CARD.md", "---\nlicense: mit\n---\n\n# Card\n\nIt is linear.\n")
    assert check.sections().state == "ok"


def test_blanks_of_decisions_and_notebooks_are_found() -> None:
    write("README.md", README)
    write("docs/decisions/0001-split.md", "# Split\n\n## Choice\n\n*Not answered yet.*\n")
    cell = {"cell_type": "markdown", "source": ["**Finding.** *Not ", "answered yet.*"]}
    Path("explore.ipynb").write_text(json.dumps({"cells": [cell]}))  # not in git yet
    where = "docs/decisions/0001-split.md: 1 not answered, explore.ipynb: 1 not answered"
    assert f"({where})" in str(check.sections())


@pytest.mark.parametrize("sentence", TEMPLATE)
def test_a_sentence_of_the_template_is_found_also_when_it_is_moved_and_edited(
    sentence: str,
) -> None:
    first, *rest = sentence.split()
    write("README.md", README)
    write("docs/limits.md", f"# Limits\n\n*Well,* {' '.join(rest)}\n")
    assert f"(docs/limits.md: {sentence[:40]}...)" in str(check.prose())
    write("docs/limits.md", f"# Limits\n\n{first} our customers told us something else.\n")
    assert check.prose().state == "ok"


@pytest.mark.parametrize(
    ("link", "is_broken"),
    [
        ("[a](docs/a.md)", False),
        ("[a](docs/a.md#what-it-does)", False),
        ("[a](docs/a.md#what-it-does-1)", False),
        ("[a](docs/a.md#what-it-does-2)", True),
        ("[folder](docs)", False),
        ("[up](#title)", False),
        ("[up](#titles)", True),
        ("![a](docs/a.svg)", True),
        ('<img src="docs/a.svg">', True),
        ("[not in git](untracked.md)", True),
        ("[elsewhere](https://example.com/a.md)", False),
        ("`[code](gone.md)`", False),
    ],
)
def test_a_link_leads_to_a_file_in_git_and_to_a_heading(link: str, is_broken: bool) -> None:
    Path("untracked.md").write_text("# Not in git\n")
    write("docs/a.md", "# What it does\n\n## What it does\n\n[back](../README.md)\n")
    write("README.md", f"# Title\n\n{link}\n")
    assert check.links().state == ("NO" if is_broken else "ok")


@pytest.mark.parametrize(
    ("claim", "is_reported"),
    [
        ("The model costs 591 hours.", True),
        ("The model costs 592 hours.", False),
        ("The loss is 0.50.", True),
        ("The loss is 0.51.", False),
        ("It is right in 24 % of the cases, or 23.6%.", True),
        ("It is right in 25 % of the cases.", False),
        ("There are 27,902 rows.", True),
        ("It saves 15 of 20 hours in 2013, of about 1,000.", True),
        ("It saves 20 % of 1,100 hours.", False),
        ("`make 340` took some time.", True),
        ("`make` took 340 s.", False),
        ("See `loss = 0.61` and [0.62](https://example.com).", True),
        ("A desk costs 340 a day ([source](https://example.com)).", True),
        ("<!-- results:begin -->\nIt is 777.\n<!-- results:end -->\n\nWe say 777.", True),
    ],
)
def test_a_number_in_the_readme_is_in_a_report(claim: str, is_reported: bool) -> None:
    write("reports/evaluation.json", '{"cost": 591.2, "loss": 0.4964, "share": 0.236}')
    write("reports/data.csv", "rows,days\n27902,31\n")
    write("README.md", f"# Title\n\n{claim}\n")
    assert check.numbers().state == ("ok" if is_reported else "NO")


def test_a_large_file_in_git_is_found_unless_it_is_the_table() -> None:
    for name in ("big.csv", "data/source/houses.csv"):
        write(name, "1" * (check.LARGE + 1))
    assert "(big.csv)" in str(check.sizes())


def test_a_secret_is_found_by_the_hook() -> None:
    write(".pre-commit-config.yaml", HOOK)
    git("rm", "-r", "--cached", "--quiet", ".")
    assert check.secrets().state == "?"
    git("add", "--all")
    assert str(check.secrets()) == "ok  detect-secrets finds nothing"
    write("settings.py", f'KEY = "{"AKIA" + "J5Q7ZK2MX4RT8WPN"}"\n')
    assert "in git (settings.py:1)" in str(check.secrets())


def test_a_single_commit_is_found() -> None:
    assert "there is no commit" in str(check.history())
    commit = ("-c", "user.name=A", "-c", "user.email=a@b.cd", "commit", "--message", "Work")
    git(*commit)
    assert "there is a single commit" in str(check.history())
    git(*commit, "--allow-empty")
    assert str(check.history()) == "ok  2 commits show how it was made"


@pytest.mark.parametrize(
    ("ended", "state", "text"),
    [
        ([], "NO", "CI has not run yet"),
        (["failure", "success"], "NO", "the newest CI run ended with failure"),
        (["success", "failure"], "ok", "is green; the first one ended with failure"),
    ],
)
def test_github_says_how_ci_ended(
    ended: list[str], state: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = json.dumps([{"conclusion": each} for each in ended])
    monkeypatch.setattr(check, "CI_RUNS", (sys.executable, "-c", f"print({runs!r})"))
    found = check.ci()
    assert found.state == state
    assert text in found.text


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
