"""What the commands need from git."""

import subprocess
from pathlib import Path

from predictor.errors import PredictorError

UNDO = "git reset --hard; git clean -fd"


def git(*arguments: str, folder: Path = Path()) -> str:
    """Return what a git command prints.

    Raises: PredictorError if git is missing or the command fails.
    """
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=False
        )
    except FileNotFoundError as error:
        raise PredictorError("git is not installed: install it (git-scm.com) first.") from error
    if done.returncode:
        reason = done.stderr.strip().partition("\n")[0]
        raise PredictorError(f"`git {' '.join(arguments)}` failed: {reason}")
    return done.stdout


def require_clean_tree() -> None:
    """Raise PredictorError unless everything is committed, because git is the undo."""
    try:
        git("rev-parse", "--verify", "HEAD")
    except PredictorError as error:
        raise PredictorError(
            "The project has no commit yet, and git is the only way back from this command: "
            'run `git init`, `git add --all` and `git commit -m "Start the project"` first.'
        ) from error
    changed = [line[3:] for line in git("status", "--porcelain").splitlines()]
    if changed:
        raise PredictorError(
            f"Not committed yet: {', '.join(changed[:5])}{', ...' if changed[5:] else ''}. "
            'Run `git add --all` and `git commit -m "Work so far"` first, or, if a command was '
            f"interrupted, remove what it left: `{UNDO}`."
        )
