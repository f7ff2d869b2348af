"""The way to the store: that of MLFLOW_TRACKING_URI, or the one inside the project."""

import logging
import os
from http.client import HTTPException
from urllib.request import urlopen

import mlflow
from mlflow import MlflowClient

from predictor.errors import PredictorError
from predictor.project import Project
from predictor.registry.address import address, without_password
from predictor.registry.faults import FAULTS, first_line
from predictor.registry.registry import Registry

PROBE_SECONDS = 5


def connect(project: Project, name: str) -> Registry:
    """Open `MLFLOW_TRACKING_URI`, or `mlflow.db` in the project wherever this is called from.

    Raises:
        PredictorError: the store does not answer, cannot be read, or belongs to another folder.
    """
    uri = address(project)
    if uri.startswith("http"):
        _require_answer(uri)
    _quieten()
    try:
        _use(uri)
        client = MlflowClient()
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            made = str(client.create_experiment(name, artifact_location=_artifacts(project, uri)))
            return Registry(name, uri, made, client)
    except FAULTS as error:
        raise PredictorError(
            f"The MLflow store {without_password(uri)} cannot be opened ({first_line(error)}). "
            "Expected is http://..., or nothing in MLFLOW_TRACKING_URI for the store in this "
            "project; a damaged mlflow.db may be deleted, and `uv run predictor promote` begins "
            "a new one."
        ) from error
    _require_home(project, uri, str(experiment.artifact_location))
    return Registry(name, uri, str(experiment.experiment_id), client)


def _artifacts(project: Project, uri: str) -> str | None:
    # A server chooses where artifacts go; the default of a file would be the working directory.
    return (project.root / "mlartifacts").as_uri() if uri.startswith("sqlite") else None


def _require_home(project: Project, uri: str, found: str) -> None:
    expected = _artifacts(project, uri)
    if uri == project.tracking_uri and found != expected:
        raise PredictorError(
            f"mlflow.db keeps its models in {found}, so this project was moved or copied: delete "
            "mlflow.db here, and `uv run predictor promote` begins a new one."
        )


def _use(uri: str) -> None:
    # MLflow also writes the address into the environment, where it would pass for the user's wish.
    wish = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    if wish is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)


def _quieten() -> None:
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"


def _require_answer(uri: str) -> None:
    try:
        with urlopen(f"{without_password(uri).rstrip('/')}/health", timeout=PROBE_SECONDS):  # noqa: S310 (http only)
            return
    except (HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise PredictorError(
            f"No MLflow server answers at {without_password(uri)} ({reason}): start it, or unset "
            "MLFLOW_TRACKING_URI to use the store in this project."
        ) from error
