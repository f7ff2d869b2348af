"""Remove the parts that were not chosen, start a git repository, and print the next steps."""

from __future__ import annotations  # cookiecutter may run on a Python before 3.10

import json
import os
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
    "page": (
        *("src/predictor/page", "tests/page", "docs/page.md"),
        ".github/workflows/pages.yml",
    ),
    "hardening": (
        *("src/predictor/hardening", "tests/hardening", "docs/hardening.md"),
        "deploy/prometheus",
    ),
    "monitoring": (
        *("src/predictor/monitoring", "tests/monitoring", "docs/monitoring.md"),
        *(".github/workflows/retrain.yml", "deploy/prometheus/monitoring.yml"),
        "deploy/prometheus/monitoring_test.yml",
    ),
    "replay": ("src/predictor/replay", "tests/replay", "docs/replay.md"),
    "gate": ("src/predictor/gate", "tests/gate", "docs/gate.md"),
    "stack": (
        *("deploy/compose.yaml", "deploy/.env.example", "deploy/mlflow", "deploy/nginx.conf"),
        *("deploy/prometheus", "docs/stack.md", "docs/data.md"),
    ),
    "kubernetes": ("deploy/kubernetes", "docs/kubernetes.md"),
}

# `pip install uv` fails where the system's Python is externally managed (Debian, Ubuntu, Homebrew).
INSTALL_UV = {
    "Windows": "winget install --id=astral-sh.uv -e    (or: pipx install uv)",
    "other": "curl -LsSf https://astral.sh/uv/install.sh | sh    (or: pipx install uv)",
}
NOT_IGNORED = 1  # exit code of `git check-ignore`; 128 outside of a repository

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
    """Start a repository on branch main, unless git is missing or there is a repository already.

    A repository around the project counts, except if it ignores the project's folder.
    """
    if (project / ".git").exists() or git(project, "check-ignore", "--quiet", ".")[
        0
    ] == NOT_IGNORED:
        return
    git(project, "init")
    git(project, "symbolic-ref", "HEAD", "refs/heads/main")  # git before 2.28 has no `init -b`


def git(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return the exit code and the output of git; -1 if it cannot run."""
    command = [shutil.which("git") or "git", *arguments]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    except OSError:
        return -1, ""
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()


def link_to_template(project: Path, answers: dict[str, str], template: Path) -> None:
    """Write .cruft.json, for `cruft update`; cruft itself gives no `_repo_dir` and writes its own.

    A template that is no git repository, such as a downloaded archive, cannot be updated from.
    """
    if "_repo_dir" not in answers or not (template / ".git").exists():
        return
    source = str(template)
    if answers["_repo_dir"] != answers["_template"]:  # the template's URL was cloned
        source = git(template, "config", "--get", "remote.origin.url")[1]
    state = {
        "template": source,
        "commit": git(template, "rev-parse", "HEAD")[1],
        "checkout": answers["_checkout"],
        "context": {
            "cookiecutter": {name: text for name, text in answers.items() if name[0] != "_"}
        },
        "directory": None,
    }
    text = json.dumps(state, indent=2, ensure_ascii=False) + "\n"
    # newline="\n" of write_text needs Python 3.10
    (project / ".cruft.json").write_bytes(text.encode("utf-8"))


def next_steps(folder: str, *, has_make: bool, has_uv: bool, system: str) -> str:
    """Return the next commands to run on this machine."""
    steps = NEXT.format(
        folder=folder,
        setup="make setup" if has_make else "uv sync; uv run pre-commit install",
        pipeline="make pipeline" if has_make else "uv run dvc repro; uv run predictor promote",
        serve="make serve" if has_make else "uv run predictor serve",
    )
    if has_uv:
        return steps
    return f"{steps}\n\nuv is not installed yet: {INSTALL_UV[system]}"


def main(answers: dict[str, str], template: Path) -> None:
    """Finish the project in the working directory."""
    project = Path.cwd()
    prune(project, answers)
    start_git(project)
    link_to_template(project, answers, template)
    print(_next_steps_here(project.name))


def _next_steps_here(folder: str) -> str:
    has_make, has_uv = (bool(shutil.which(name)) for name in ("make", "uv"))
    system = "Windows" if os.name == "nt" else "other"
    return next_steps(folder, has_make=has_make, has_uv=has_uv, system=system)


if __name__ == "__main__":
    main(
        json.loads(r"""{{ cookiecutter | tojson }}"""),
        Path(*json.loads(r"""[{{ template_folder | tojson }}]""")),
    )
