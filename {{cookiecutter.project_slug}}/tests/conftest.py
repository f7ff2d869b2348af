"""One small project, trained and promoted once for all tests that only read it."""

import logging
from pathlib import Path

import pandas as pd
import pytest
import tables
import yaml
from copies import InterruptError, copy_of, interrupted, with_another_candidate

from predictor import release
from predictor.contract import Contract
from predictor.evaluate import evaluate
from predictor.params import Params
from predictor.prepare import prepare
from predictor.project import Project
from predictor.promote import promote
from predictor.registry.registry import Registry
from predictor.release import Champion
from predictor.train import train

README = """# Small table

before <!-- results:begin -->old<!-- results:end --> between
<!-- answer:begin --><!-- answer:end --> after
"""

GOOD = {
    "read at": "2024-03-01T10:30:00",
    "pressure": 3.5,
    "class": "A",
    "größe": "klein",
    "is.open": True,
}


@pytest.fixture
def contract() -> Contract:
    return Contract.model_validate(tables.CONTRACT)


@pytest.fixture
def params() -> Params:
    return Params.model_validate(tables.PARAMS)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with documents and raw data, on which nothing has run."""
    return make_project(tmp_path)


@pytest.fixture(scope="session")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project after the whole pipeline; tests must not change it."""
    return run_pipeline(make_project(tmp_path_factory.mktemp("promoted")))


@pytest.fixture(scope="session")
def registered(promoted: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose second version was registered when the promotion was interrupted."""
    project = with_another_candidate(copy_of(promoted, tmp_path_factory.mktemp("registered")))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(Registry, "record", interrupted)
        with pytest.raises(InterruptError):
            promote(project)
    return project


@pytest.fixture(scope="session")
def twice(registered: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose second version is the champion; tests must not change it."""
    project = copy_of(registered, tmp_path_factory.mktemp("twice"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        promote(project)
    return project


def run_pipeline(project: Project) -> Project:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for stage in (prepare, train, evaluate, promote):
            stage(project)
    return project


@pytest.fixture(scope="session")
def champion(promoted: Project) -> Champion:
    return release.champion(promoted.models)


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("PREDICTOR_PROJECT", raising=False)
    caplog.set_level(logging.INFO, "predictor")


def make_project(root: Path, task: str = "binary") -> Project:
    project = Project(root)
    documents = ((project.contract, tables.CONTRACTS[task]), (project.params, tables.PARAMS))
    for path, content in documents:
        path.write_text(
            yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
    project.readme.write_text(README, encoding="utf-8")
    project.raw.mkdir(parents=True)
    rows = tables.rows_for(task)
    for month, part in rows.groupby(rows["read at"].dt.strftime("%Y-%m")):
        part.to_parquet(project.raw / f"{month}.parquet", index=False)
    return project


def read_prepared(project: Project, name: str) -> pd.DataFrame:
    return pd.read_parquet(project.prepared / f"{name}.parquet")
