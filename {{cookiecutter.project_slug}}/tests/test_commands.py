import logging
import subprocess

import pytest

from predictor.project import Project
from predictor.workspace.commands import next_step, set_up


def git(project: Project, *arguments: str) -> str:
    command = ["git", "-C", str(project.root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a repository in which only its own settings count."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, str(project.root / "no such file"))
    for role in ("AUTHOR", "COMMITTER"):
        for part in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_{role}_{part}", raising=False)
    git(project, "init", "--quiet")
    git(project, "config", "user.useConfigOnly", "true")
    hooks = project.root / ".pre-commit-config.yaml"
    hooks.write_text("repos: []\n", encoding="utf-8")
    return project


def test_set_up_commits_once_and_installs_the_hooks(repository: Project) -> None:
    git(repository, "config", "user.name", "A")
    git(repository, "config", "user.email", "a@example.com")
    set_up(repository)
    set_up(repository)
    assert len(git(repository, "log", "--format=%s").splitlines()) == 1
    assert git(repository, "status", "--short") == ""
    assert (repository.root / ".git" / "hooks" / "pre-commit").is_file()


def test_without_a_name_nothing_is_committed_and_the_way_out_is_said(
    repository: Project, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "predictor"):
        set_up(repository)
    assert "git config --global user.name" in caplog.text
    assert "README.md" in git(repository, "status", "--short")


def test_next_step_lists_changes_and_two_commands(repository: Project) -> None:
    step = next_step(repository)
    assert step is not None
    assert "?? README.md" in step
    assert step.splitlines()[-2:] == [
        "  git add --all",
        '  git commit -m "Record the results of the pipeline"',
    ]
