"""Runs and model versions in MLflow, which nothing outside this package imports."""

import logging
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from http.client import HTTPException
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar
from urllib.request import urlopen

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from sqlalchemy.exc import SQLAlchemyError

from predictor.bundle import Bundle
from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.evaluation import Metrics
from predictor.gate.verdict import Verdict
from predictor.params import Params
from predictor.project import Project
from predictor.registry.alias import BUNDLE as BUNDLE_TAG
from predictor.registry.alias import CHAMPION, address, require_unmoved
from predictor.registry.fetching import BUNDLE, RELEASE_ARTIFACTS, fetch
from predictor.release import RELEASE_FILES, Champion

logger = logging.getLogger(__name__)

PROBE_SECONDS = 5
SERVING = ("numpy", "onnxruntime", "pandas", "pydantic", "pyyaml")
TYPES = {
    "number": DataType.double,
    "category": DataType.string,
    "boolean": DataType.boolean,
    "timestamp": DataType.datetime,
}


NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # model, or alias
FAULTS = (MlflowException, SQLAlchemyError, OSError, ValueError, ImportError)
P = ParamSpec("P")
T = TypeVar("T")


def _in_sentences(call: Callable[P, T]) -> Callable[P, T]:
    """Turn what goes wrong inside MLflow into a sentence for the user."""

    @wraps(call)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except FAULTS as error:
            raise PredictorError(f"MLflow did not do its part: {_first_line(error)}") from error

    return wrapped


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


@dataclass(frozen=True)
class Registry:
    """A tracking store, with one experiment and one registered model, both called `name`."""

    name: str
    uri: str
    experiment: str
    client: MlflowClient

    @property
    def shown(self) -> str:
        """The address without a password."""
        return without_password(self.uri)

    @_in_sentences
    def log_training(self, bundle: Bundle, params: Params, plots: Path) -> None:
        """Log one run: parameters, provenance, validation metrics, plots and the model."""
        with mlflow.start_run(experiment_id=self.experiment):
            mlflow.set_tags({**_provenance(bundle), "bundle": bundle.identity})
            mlflow.log_params({**_flat(params), **bundle.metadata.arguments})
            mlflow.log_metrics(
                {f"valid_{name}": value for name, value in bundle.metadata.valid_metrics.items()}
            )
            mlflow.log_artifacts(str(plots), "plots")
            self._log_model(bundle)

    @_in_sentences
    def version_of(self, bundle: Bundle) -> str | None:
        """Return the newest registered version that is this very bundle."""
        found = self.client.search_model_versions(
            f"name = '{self.name}' and tags.bundle = '{bundle.identity}'"
        )
        return max((str(each.version) for each in found), key=int, default=None)

    @_in_sentences
    def register(self, bundle: Bundle) -> str:
        """Make the bundle a version of the registered model and return its number.

        A bundle that came from DVC's cache may have no run here; then it gets one.
        """
        run = self._run_of(bundle)
        if run is None:
            logger.info("this store has not seen the training run: logging the bundle")
            with mlflow.start_run(experiment_id=self.experiment) as active:
                mlflow.set_tags({**_provenance(bundle), "bundle": bundle.identity})
                self._log_model(bundle)
            run = self.client.get_run(active.info.run_id)
        registered = mlflow.register_model(
            f"models:/{run.data.tags['model_id']}", self.name, tags={BUNDLE_TAG: bundle.identity}
        )
        return str(registered.version)

    @_in_sentences
    def record(self, verdict: Verdict, metrics: Metrics, reports: Sequence[Path]) -> None:
        """Add the verdict to a version, and test metrics and reports to the run behind it."""
        run = self._run_behind(verdict.candidate)
        for name, value in metrics.items():
            self.client.log_metric(run, name, value)
        for path in reports:
            log = self.client.log_artifacts if path.is_dir() else self.client.log_artifact
            log(run, str(path), f"reports/{path.name}" if path.is_dir() else "reports")
        tags = {finding.rule: finding.sentence for finding in verdict.findings}
        for name, text in {"verdict": verdict.word, **tags}.items():
            self.client.set_model_version_tag(self.name, verdict.candidate, name, text)

    @_in_sentences
    def log_release(self, champion: Champion) -> None:
        """Add what a release needs beside the bundle, so that another machine can fetch it."""
        run = self._run_behind(champion.release.version)
        for name in RELEASE_FILES:
            path = champion.bundle.folder / name
            self.client.log_artifact(run, str(path), RELEASE_ARTIFACTS)

    @_in_sentences
    def identity_of(self, version: str) -> str | None:
        """Return which bundle a version is."""
        tags = self.client.get_model_version(self.name, version).tags
        return str(tags[BUNDLE_TAG]) if BUNDLE_TAG in tags else None

    @_in_sentences
    def champion(self) -> str | None:
        """Return the version that `@champion` points at."""
        try:
            return str(self.client.get_model_version_by_alias(self.name, CHAMPION).version)
        except MlflowException as error:
            if error.error_code in NOT_THERE:
                return None
            raise

    @_in_sentences
    def crown(self, version: str, before: str | None) -> None:
        """Point `@champion` at a version.

        Raises:
            PredictorError: the alias is no longer at `before`.
        """
        # A server has no lock that all its users share: this leaves a gap of milliseconds.
        require_unmoved(self.champion(), before)
        self.client.set_registered_model_alias(self.name, CHAMPION, version)

    def fetch(self, version: str, models: Path) -> Champion:
        """Download a version that was released elsewhere, and publish it here."""
        return fetch(self.name, version, self.uri, models)

    def _run_behind(self, version: str) -> str:
        return str(self.client.get_model_version(self.name, version).run_id)

    def _run_of(self, bundle: Bundle) -> Run | None:
        found = self.client.search_runs(
            [self.experiment], f"tags.bundle = '{bundle.identity}' and tags.model_id LIKE 'm-%'"
        )
        return found[0] if found else None

    def _log_model(self, bundle: Bundle) -> None:
        package = Path(__file__).parents[1]
        with TemporaryDirectory() as scratch:
            # MLflow keeps the name of the folder, and `fetching` must find it.
            folder = shutil.copytree(bundle.folder, Path(scratch) / BUNDLE)
            info = mlflow.pyfunc.log_model(
                name="bundle",
                python_model=str(Path(__file__).with_name("pyfunc.py")),
                artifacts={"bundle": str(folder)},
                code_paths=[str(package)],
                signature=signature(bundle.contract),
                input_example=_typical_row(bundle),
                # MLflow would spend half a minute on finding these out.
                pip_requirements=[f"{name}=={installed(name)}" for name in SERVING],
            )
        mlflow.set_tag("model_id", info.model_id)


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
            f"The MLflow store {without_password(uri)} cannot be opened ({_first_line(error)}). "
            "Expected is http://..., or nothing in MLFLOW_TRACKING_URI for the store in this "
            "project; a damaged mlflow.db may be deleted, and `uv run predictor promote` begins "
            "a new one."
        ) from error
    _require_home(project, uri, str(experiment.artifact_location))
    return Registry(name, uri, str(experiment.experiment_id), client)


def without_password(uri: str) -> str:
    """Return an address that may be printed."""
    return re.sub(r"//[^/@]*@", "//", uri, count=1)


def signature(contract: Contract) -> ModelSignature:
    """Return the columns that the registered model takes, and those that it answers with."""
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(TYPES[column.type], name, required=not column.missing)
        for name, column in contract.columns.items()
    ]
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.float, name) for name in contract.outputs
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


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


def _typical_row(bundle: Bundle) -> pd.DataFrame:
    frame = pd.DataFrame([bundle.statistics.typical()])
    times = [name for name, kind in bundle.contract.columns.items() if kind.type == "timestamp"]
    return frame.astype(dict.fromkeys(times, "datetime64[s]"))


def _provenance(bundle: Bundle) -> dict[str, str]:
    return {
        "data_version": bundle.metadata.data_version,
        "git_commit": bundle.metadata.git_commit,
    }


def _flat(params: Params) -> dict[str, object]:
    groups = params.model_dump(exclude={"models"})
    return {
        f"{group}.{key}": value for group, keys in groups.items() for key, value in keys.items()
    }
