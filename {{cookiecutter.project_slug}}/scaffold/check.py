"""What keeps the project from being shown."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from predictor.errors import PredictorError
from predictor.schema import TARGET
from scaffold.adoption import UNASKED
from scaffold.git import git, require_clean_tree
from scaffold.parts import say

README = Path("README.md")
PYPROJECT = Path("pyproject.toml")
RESULTS = ("dvc.lock", "reports/champion/evaluation.json", "reports/verdict.json", "uv.lock")
AUTHOR = {"name": "Your Name", "email": "you@example.com"}
QUESTION = "Will this flight arrive 15 or more minutes late, judged three hours before departure?"
BADGE = re.compile(r"github\.com/([^/\s]+/[^/\s]+)/actions/workflows/ci\.yml/badge\.svg")
REMOTE = re.compile(r"[:/]([^/:]+/[^/]+?)(\.git)?/?$")


@dataclass(frozen=True)
class Finding:
    """One line of `check`: done (`ok`), missing (`NO`) or not verifiable from here (`?`)."""

    state: Literal["ok", "NO", "?"]
    text: str
    step: str = ""  # what to do about it

    def __str__(self) -> str:
        return f"{self.state:>2}  {self.text}" + (f": {self.step}" if self.step else "")


def author() -> Finding:
    """Find the default author of the template."""
    with PYPROJECT.open("rb") as file:
        (person, *_) = tomllib.load(file)["project"]["authors"]
    left = [value for key, value in AUTHOR.items() if person.get(key) == value]
    if AUTHOR["name"] in Path("LICENSE").read_text(encoding="utf-8"):
        left.append("LICENSE")
    if left:
        step = "write your name and e-mail address into pyproject.toml and LICENSE"
        return Finding("NO", f"the author is a placeholder ({', '.join(left)})", step)
    return Finding("ok", "the author is named")


def question() -> Finding:
    """Find the default question of the template."""
    text = Path("params.yaml").read_text(encoding="utf-8")
    if QUESTION in text or UNASKED.format(TARGET) in text or "Not answered yet" in text:
        step = "write question and decision into params.yaml and README.md"
        return Finding("NO", "question or decision are not your own", step)
    return Finding("ok", "question and decision are your own")


def readme() -> Finding:
    """Count the questions of the README without an answer."""
    left = README.read_text(encoding="utf-8").count("*Not answered yet.*")
    if left:
        return Finding("NO", f"README.md: {left} not answered", "answer them in your words")
    return Finding("ok", "README.md: every question is answered")


def badge() -> Finding:
    """Compare the repository of the CI badge with that of the git remote."""
    found = BADGE.search(README.read_text(encoding="utf-8"))
    try:
        remote = REMOTE.search(git("remote", "get-url", "origin").strip())
    except PredictorError:
        remote = None
    if not found or not remote:
        missing = "the CI badge in README.md" if remote else "a repository on GitHub with its badge"
        step = "`git remote add origin https://github.com/YOU/REPOSITORY`, and push"
        if remote:
            step = f"add the badge of {remote[1]}'s workflow ci.yml"
        return Finding("NO", f"{missing} is missing", step)
    if found[1] != remote[1]:
        return Finding("NO", f"the CI badge names {found[1]}", f"change it to {remote[1]}")
    return Finding("?", f"the CI badge names {remote[1]}; look at its colour on GitHub")


def results() -> Finding:
    """Find results that are not committed, or older than the code, parameters or data."""
    absent = [name for name in RESULTS if not git("ls-files", name)]
    if absent or "*Not measured yet" in README.read_text(encoding="utf-8"):
        what = ", ".join(absent) or "the numbers in README.md"
        step = "`uv run dvc repro`, `uv run predictor promote`, then commit"
        return Finding("NO", f"results are missing ({what})", step)
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        return Finding("?", "`dvc status` failed, so the age of the results is unknown")
    stale = json.loads(done.stdout)
    if stale:
        step = "`uv run dvc repro`, `uv run predictor promote`, then commit"
        return Finding("NO", f"results are older than their inputs ({', '.join(stale)})", step)
    return Finding("ok", "results are committed and up to date")


def clean_tree() -> Finding:
    """Find changes that are not committed."""
    try:
        require_clean_tree()
    except PredictorError as error:
        return Finding("NO", "not everything is committed", str(error))
    return Finding("ok", "everything is committed")


# From the cheapest to the most expensive; `check` names the step of the first that is missing.
CHECKS: list[Callable[[], Finding]] = [author, badge, clean_tree, question, results, readme]


def run() -> list[Finding]:
    """Return what each check finds."""
    say("Checking (some seconds) ...")
    return [check() for check in CHECKS]


def missing(findings: list[Finding]) -> list[Finding]:
    """Return the findings that keep the project from being shown."""
    return [finding for finding in findings if finding.state == "NO"]
