"""A project whose run is committed, without running DVC for it."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import yaml

from predictor.files import write_json
from predictor.project import Project
from predictor.proof.fingerprint import fingerprint

REPORTS = ("reports/evaluation.json", "reports/data.json")
IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")


def committed(promoted: Project, folder: Path) -> Project:
    """Return a copy of a promoted project with a lock file, all of it committed."""
    leave_out = shutil.ignore_patterns("mlflow.db", "mlartifacts", "prepared", "models")
    project = Project(Path(shutil.copytree(promoted.root, folder, ignore=leave_out)))
    parts = {path.stem: pd.read_parquet(path) for path in sorted(project.raw.glob("*.parquet"))}
    write_json(project.fingerprint, fingerprint(parts).model_dump(mode="json"))
    shutil.rmtree(project.root / "data")
    write_lock(project)
    git(project, "init", "--quiet", "--initial-branch", "main")
    commit(project)
    return project


def write_lock(project: Project, raw: str = "1" * 32, max_iter: int = 30) -> None:
    """Write what `dvc repro` would write after a run with the reports that lie here."""
    reports = [{"path": name, "md5": _md5(project.root / name)} for name in REPORTS]
    data = {"path": "data/raw", "md5": f"{raw}.dir"}
    contract = {"path": "contract.yaml", "md5": _md5(project.contract)}
    stages = {
        "ingest": {"cmd": "predictor ingest", "deps": [contract], "outs": [data, reports[1]]},
        "prepare": {
            "cmd": "predictor prepare",
            "deps": [data],
            "params": {"params.yaml": {"prepare": {"seed": 7}}},
        },
        "evaluate": {
            "cmd": "predictor evaluate",
            "params": {"params.yaml": {"models": {"forest": {"max_iter": max_iter}}}},
            "outs": [reports[0]],
        },
    }
    text = yaml.safe_dump({"schema": "2.0", "stages": stages})
    project.lock.write_text(text, encoding="utf-8", newline="\n")


def commit(project: Project) -> None:
    git(project, "add", "--all")
    git(project, *IDENTITY, "commit", "--quiet", "--allow-empty", "--message", "Record")


def git(project: Project, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(project.root), *arguments], check=True, capture_output=True)


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
