"""Repositories that stand for those on GitHub, and the events that start their workflows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import git, run

from workflow.document import Workflow
from workflow.machine import REPOSITORY, Event, uv_cache
from workflow.runner import JobResult, Result, Run, Runner

BLOCK = re.compile(r"(<!-- results:begin -->\n).*(?=<!-- results:end -->)", re.DOTALL)


def push_project(project: Path, repository: Path) -> Path:
    """Make a repository with one commit: all files of a project that git would know."""
    listed = git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / name, repository / name)
    git(repository, "init", "--quiet", "--initial-branch", "main")
    commit(repository)
    return repository


def forget_the_run(repository: Path) -> None:
    """Leave what there is after `make setup`, before the pipeline ran."""
    (repository / "dvc.lock").unlink()
    shutil.rmtree(repository / "reports")
    for path in (repository / "README.md", *repository.glob("docs/decisions/*.md")):
        path.write_text(BLOCK.sub(r"\1*Not measured yet.*\n", path.read_text(encoding="utf-8")))
    (repository / "MODEL_CARD.md").write_text("# Model card\n\n*Not measured yet.*\n")
    commit(repository)


def clone(repository: Path, folder: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", repository, folder], check=True)
    return folder


def commit(repository: Path) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--no-verify", "--message", "Change")


def edit(repository: Path, name: str, old: str, new: str) -> None:
    """Replace the first match of a pattern in a file."""
    text = (repository / name).read_text(encoding="utf-8")
    changed = re.sub(old, new, text, count=1)
    assert changed != text, f"{old} changes nothing in {name}"
    (repository / name).write_text(changed, encoding="utf-8", newline="\n")


def home_with_results(project: Path, folder: Path) -> Path:
    """Return a home in which DVC has the results of a project, so that stages need not run."""
    shutil.copytree(project / ".dvc" / "cache", folder / "cache")
    config = folder / "home" / ".config" / "dvc" / "config"
    config.parent.mkdir(parents=True)
    config.write_text(f"[cache]\n    dir = {folder / 'cache'}\n", encoding="utf-8")
    return folder / "home"


def retrain(repository: Path, project: Path, home: Path, learning_rate: str) -> None:
    """Do what the owner does: change a parameter, run the pipeline, commit everything.

    The owner's machine has the champion of the project.
    """
    shutil.copytree(project / "models" / "champion", repository / "models" / "champion")
    edit(repository, "params.yaml", r"learning_rate: \S+", f"learning_rate: {learning_rate}")
    for command in ("uv sync --locked --quiet", "uv run dvc repro", "uv run predictor promote"):
        done = run(repository, *command.split(), HOME=str(home), UV_CACHE_DIR=uv_cache())
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    commit(repository)


def push(repository: Path) -> Event:
    sha = git(repository, "rev-parse", "main").strip()
    return Event(repository, "push", "refs/heads/main", sha)


def tag(repository: Path, name: str) -> Event:
    git(repository, "tag", "--force", name)
    sha = git(repository, "rev-parse", name).strip()
    return Event(repository, "push", f"refs/tags/{name}", sha)


def pull_request(repository: Path, owner: str = REPOSITORY) -> Event:
    """Return the event of a pull request from branch `change`, merged as GitHub does it."""
    head = git(repository, "rev-parse", "change").strip()
    git(repository, "checkout", "--quiet", "--detach", "main")
    git(repository, "merge", "--quiet", "--no-ff", "--no-edit", "change")
    git(repository, "update-ref", "refs/pull/7/merge", "HEAD")
    sha = git(repository, "rev-parse", "HEAD").strip()
    source = {"sha": head, "repo": {"full_name": owner}}
    payload = {"pull_request": {"number": "7", "head": source}}
    return Event(repository, "pull_request", "refs/pull/7/merge", sha, "main", payload)


def run_workflow(
    name: str,
    event: Event,
    folder: Path,
    home: Path | None = None,
    given: Mapping[str, JobResult | Result] | None = None,
) -> Run:
    """Run a workflow of the repository, except for the jobs whose results are given."""
    path = event.repository / ".github" / "workflows" / f"{name}.yml"
    return Runner(event, folder, home).run(Workflow.read(path), given)


def calls(folder: Path) -> list[dict[str, Any]]:
    """Return the calls of `gh` that changed something, in the run that had this folder."""
    log = folder / "artifacts" / "gh.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def has_engine() -> bool:
    command = ["docker", "info"]
    return (
        shutil.which("docker") is not None
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


def require_engine() -> None:
    """Skip the test where there is no engine; fail where there must be one."""
    if not has_engine():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs a Docker Engine")


def copy_artifact(source: Path, target: Path, name: str) -> None:
    """Give a run an artifact of another one."""
    shutil.copytree(source / "artifacts" / name, target / "artifacts" / name)
