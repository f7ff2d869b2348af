"""Copies of a promoted project, store included, that a test may change."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from predictor import release
from predictor.bundle import METADATA, Bundle
from predictor.evaluation.answers import Answers
from predictor.integrity import identity_of
from predictor.project import Project
from predictor.registry.connection import connect

NAME = "small-table"
# Where MLflow writes down the place of its files.
PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
)


class InterruptError(Exception):
    """The process ends here."""


def interrupted(*_: object, **__: object) -> None:
    raise InterruptError


def copy_of(project: Project, folder: Path) -> Project:
    """Copy a project with its store, which then keeps its files in the copy."""
    copied = Project(Path(shutil.copytree(project.root, folder / "copy")))
    with closing(sqlite3.connect(copied.root / "mlflow.db")) as store, store:
        for table, column in PLACES:
            store.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)",  # noqa: S608
                (project.root.as_uri(), copied.root.as_uri()),
            )
    return copied


def with_another_candidate(project: Project, created: str = "2024-05-01T00:00:00Z") -> Project:
    """Make the candidate another bundle that answers the same, with a report of its own."""
    change_json(project.candidate / METADATA, created=created)
    change_json(project.evaluation, bundle=identity_of(project.candidate))
    return project


def answering_like(project: Project, baseline: str) -> Project:
    """Make the report that of a candidate which answers like a baseline."""
    contract = Bundle.load(project.candidate).contract
    answers = Answers.read(project.answers, contract)
    replace(answers, model=getattr(answers, baseline)).write(project.answers, contract)
    report = json.loads(project.evaluation.read_text(encoding="utf-8"))
    change_json(project.evaluation, model=report[baseline])
    return project


def change_json(path: Path, **keys: object) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | keys), encoding="utf-8")


def require_agreement(project: Project, version: str) -> None:
    """Fail unless registry, pointer and README name the same champion."""
    store = connect(project, NAME)
    champion = release.champion(project.models)
    assert store.champion() == champion.release.version == version
    assert store.identity_of(version) == champion.bundle.identity
    readme = project.readme.read_text(encoding="utf-8")
    assert f'"model_version":"{version}"' in readme
    assert f"Version {version} (`" in readme
    shown = project.shown / release.EXAMPLE
    assert shown.read_bytes() == champion.example.read_bytes()


def versions(project: Project) -> list[str]:
    found = connect(project, NAME).client.search_model_versions(f"name = '{NAME}'")
    return sorted(str(each.version) for each in found)
