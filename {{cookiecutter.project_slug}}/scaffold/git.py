"""What the commands need from git."""

import subprocess

from predictor.errors import PredictorError

UNDO = "git reset --hard; git clean -fd"


def git(*arguments: str) -> str:
    """Return what a git command prints; raise PredictorError if it fails."""
    command = ["git", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
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
