"""Fixtures: small projects in temporary folders, with synthetic rows for schema.py."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import synthetic
from ruamel.yaml import YAML

from predictor import data, schema
from predictor.evaluate import evaluate
from predictor.ingest import ingest
from predictor.models import LINEAR
from predictor.paths import LOCK, PARAMS, README
from predictor.prepare import prepare
from predictor.promote import promote
from predictor.train import train

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[pytest.MonkeyPatch]:
    """Use synthetic rows, and keep MLflow inside the project and without messages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "read", synthetic.table)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        yield patch


@pytest.fixture
def rows() -> pd.DataFrame:
    """Return made-up rows with every column of the schema."""
    return synthetic.table()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project in which no stage has run; it is the working directory."""
    monkeypatch.chdir(tmp_path)
    write_project()
    return tmp_path


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with a champion, version 1, and another candidate that is as good."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_project(seed=1)
        run_stages()
        assert promote().promotes
        write_project(seed=2)
        run_stages()
        shutil.copytree(folder, folder.with_name("snapshot"))
        promote()  # the candidate is version 2 whatever other tests register
    return folder


@pytest.fixture
def promoted(pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return that project in its first state; only the MLflow registry is not reset."""
    monkeypatch.chdir(pipeline)
    for name in ("models", "reports"):
        shutil.rmtree(name)
        shutil.copytree(pipeline.with_name("snapshot") / name, name)
    for path in (README, PARAMS, LOCK):
        shutil.copyfile(pipeline.with_name("snapshot") / path, path)
    return pipeline


def write_project(seed: int = 1) -> None:
    """Write the files of a project to the working directory."""
    params = YAML(typ="safe").load(ROOT / PARAMS)
    if "through" in params["ingest"]:
        params["ingest"]["through"] = f"{synthetic.LAST_DAY:{vars(schema)['PERIOD']}}"
        params["prepare"]["test_days"] = 31
    params["train"] |= {"model": LINEAR, "seed": seed}
    params.get("gate", {})["calibration_error"] = 0.3  # the test rows are few
    params["evaluate"]["slice_rows"] = 20
    YAML(typ="safe").dump(params, PARAMS)
    for name in ("pyproject.toml", "MODEL_CARD.md"):
        shutil.copyfile(ROOT / name, name)
    if not README.exists():
        README.write_text("# Title\n\n<!-- results:begin -->\n<!-- results:end -->\n\nThe end.\n")
    write_lock(params)


def write_lock(params: dict[str, object]) -> None:
    """Write dvc.lock as DVC would, with the stages `prepare` and `train` only."""
    deps = [{"path": f"src/predictor/{name}.py", "md5": "1"} for name in ("prepare", "train")]
    train = {
        "deps": [{"path": "data/prepared", "md5": "0"}, deps[1]],
        "params": {"params.yaml": {"train": params["train"]}},
    }
    YAML(typ="safe").dump({"stages": {"prepare": {"deps": deps[:1]}, "train": train}}, LOCK)


def validation_errors(response: Any) -> list[dict[str, Any]]:
    """Return the errors of a 422 response; with `hardening` their key has another name."""
    content: dict[str, Any] = response.json()
    found: list[dict[str, Any]] = content.get("errors") or content["detail"]
    return found


def run_stages() -> None:
    """Run what `dvc repro` runs."""
    for stage in (ingest, prepare, train, evaluate):
        stage()
