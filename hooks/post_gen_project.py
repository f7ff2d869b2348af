"""Remove the parts that were not chosen, start a git repository, and print the next steps."""

from __future__ import annotations  # cookiecutter may run on a Python before 3.10

import json
import shutil
import subprocess
from pathlib import Path

# The paths of each optional part; they are deleted if the answer is "no".
PARTS = {
    "delivery": (
        *("src/predictor/delivery", "tests/delivery", "docs/delivery.md"),
        *(".github/workflows/delivery.yml", ".github/workflows/release.yml"),
    ),
    "github_actions": (".github",),
    "notebook": ("notebooks",),
    "batch": ("src/predictor/batch", "tests/batch", "docs/batch.md"),
    "explain": ("src/predictor/explain", "tests/explain", "docs/explain.md"),
    "page": ("src/predictor/page", "tests/page", "docs/page.md"),
    "hardening": (
        *("src/predictor/hardening", "tests/hardening", "docs/hardening.md"),
        "deploy/prometheus",
    ),
    "gate": ("src/predictor/gate", "tests/gate", "docs/gate.md"),
    "stack": (
        *("deploy/compose.yaml", "deploy/.env.example", "deploy/mlflow", "deploy/nginx.conf"),
        *("deploy/prometheus", "docs/stack.md", "docs/data.md"),
    ),
    "kubernetes": ("deploy/kubernetes", "docs/kubernetes.md"),
}

NEXT = """
{folder} is ready. Next:

  cd {folder}
  {setup}
  {pipeline}

Then `{serve}` starts the API at http://127.0.0.1:8000/docs"""


def prune(project: Path, answers: dict[str, str]) -> None:
    """Delete the paths of every part that was not chosen."""
    for part, paths in PARTS.items():
        if answers[part] == "no":
            for path in paths:
                remove(project / path)


def remove(path: Path) -> None:
    """Delete a file or a folder, and its parent folder if that is then empty.

    It may be gone already: a path can belong to two parts.
    """
    if not path.exists():
        return
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()


def start_git(project: Path) -> None:
    """Start a repository on branch main, unless git is missing or there is a repository already."""
    git = shutil.which("git")
    if git is None or (project / ".git").exists():
        return
    try:
        subprocess.run([git, "init", "-b", "main"], cwd=project, capture_output=True, check=False)
    except OSError:
        return


def next_steps(folder: str, *, has_make: bool, has_uv: bool) -> str:
    """Return the next commands to run on this machine."""
    steps = NEXT.format(
        folder=folder,
        setup="make setup" if has_make else "uv sync; uv run pre-commit install",
        pipeline="make pipeline" if has_make else "uv run dvc repro; uv run predictor promote",
        serve="make serve" if has_make else "uv run predictor serve",
    )
    if has_uv:
        return steps
    return f"{steps}\n\nuv is not installed yet: python -m pip install uv"


def main(answers: dict[str, str]) -> None:
    """Finish the project in the working directory."""
    project = Path.cwd()
    prune(project, answers)
    start_git(project)
    print(_next_steps_here(project.name))


def _next_steps_here(folder: str) -> str:
    return next_steps(folder, has_make=bool(shutil.which("make")), has_uv=bool(shutil.which("uv")))


if __name__ == "__main__":
    main(json.loads(r"""{{ cookiecutter | tojson }}"""))
