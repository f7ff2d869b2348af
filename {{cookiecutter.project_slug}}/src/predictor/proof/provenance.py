"""Which code and which data a run used."""

import shutil
import subprocess

import yaml

from predictor.project import Project

UNKNOWN = "none"


def git_commit(project: Project) -> str:
    """Return the short hash of HEAD, with `+` if tracked files have changed since."""
    commit = _git(project, "rev-parse", "--short=10", "HEAD")
    if commit is None:
        return UNKNOWN
    changed = _git(project, "status", "--porcelain", "--untracked-files=no", "--", *SOURCES)
    return f"{commit}+" if changed else commit


# What a result depends on; the results themselves change with every run.
SOURCES = ("src", "contract.yaml", "params.yaml", "dvc.yaml", "uv.lock")


def data_version(project: Project) -> str:
    """Return DVC's hash of `data/raw` from `dvc.lock`."""
    if not project.lock.is_file():
        return UNKNOWN
    lock = yaml.safe_load(project.lock.read_text(encoding="utf-8"))
    outs = lock.get("stages", {}).get("ingest", {}).get("outs", [])
    return next((str(out["md5"]) for out in outs if out["path"] == "data/raw"), UNKNOWN)


def _git(project: Project, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    result = subprocess.run(  # noqa: S603 (arguments are ours)
        [git, "-C", str(project.root), *arguments], capture_output=True, text=True, check=False
    )
    return result.stdout.strip() if result.returncode == 0 else None
