"""MLflow: the registered versions of the model, and the alias of the champion."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from predictor.bundle import Bundle
from predictor.errors import PredictorError

STORE = "sqlite:///mlflow.db"
REQUIREMENTS = [f"{name}=={installed(name)}" for name in ("numpy", "onnxruntime", "pydantic")]


@contextmanager
def as_predictor_error() -> Iterator[None]:
    """Raise errors from inside MLflow as a PredictorError; used as a decorator."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError, ValueError) as error:
        reason = next((each for each in str(error).splitlines() if "autoflush" not in each), "")
        raise PredictorError(f"MLflow at {mlflow.get_tracking_uri()} failed: {reason}") from error


@dataclass(frozen=True)
class Registry:
    """The experiment and the registered model, both called `name`."""

    name: str
    client: MlflowClient

    @classmethod
    @as_predictor_error()
    def connect(cls, name: str) -> "Registry":
        """Use $MLFLOW_TRACKING_URI, or `mlflow.db` in the project's folder."""
        uri = os.environ.get("MLFLOW_TRACKING_URI", STORE)
        mlflow.set_tracking_uri(uri)
        place = Path("mlartifacts").resolve().as_uri() if uri == STORE else None
        if mlflow.get_experiment_by_name(name) is None:
            mlflow.create_experiment(name, artifact_location=place)
        found = mlflow.set_experiment(name).artifact_location
        if place and found != place:
            raise PredictorError(
                f"mlflow.db stores its models in {found}, so the project was moved or copied: "
                "delete mlflow.db, and the next run creates a new one."
            )
        return cls(name, MlflowClient())

    @as_predictor_error()
    def register(self, bundle: Bundle, tags: dict[str, str]) -> str:
        """Return the version with these tags, registered if new; its folder must be `bundle`."""
        tags = {"bundle": bundle.identity, **tags}
        if found := self.versions(**tags):
            return found[0]
        with self._run_of(bundle):
            logged = mlflow.pyfunc.log_model(
                name="bundle",
                python_model=str(Path(__file__).with_name("pyfunc.py")),
                artifacts={"bundle": str(bundle.folder)},
                code_paths=[str(Path(__file__).parent)],
                signature=False,  # a signature would reject integers in float columns
                pip_requirements=REQUIREMENTS,  # MLflow would need half a minute to find them
            )
        return str(mlflow.register_model(logged.model_uri, self.name, tags=tags).version)

    @as_predictor_error()
    def versions(self, **tags: str) -> list[str]:
        """Return the versions with these tags, the newest first."""
        wanted = [f"name='{self.name}'", *(f"tags.{tag}='{value}'" for tag, value in tags.items())]
        found = self.client.search_model_versions(" and ".join(wanted))
        return sorted((str(each.version) for each in found), key=int, reverse=True)

    @as_predictor_error()
    def fetch(self, version: str, folder: Path) -> Path:
        """Download the bundle of a version into a folder that does not exist, and return it."""
        with TemporaryDirectory() as scratch:
            uri = f"models:/{self.name}/{version}/artifacts/bundle"
            found = mlflow.artifacts.download_artifacts(uri, dst_path=scratch)
            return Path(shutil.copytree(found, folder))

    @as_predictor_error()
    def set_champion(self, version: str) -> None:
        """Point the alias `champion` at a version."""
        self.client.set_registered_model_alias(self.name, "champion", version)

    def _run_of(self, bundle: Bundle) -> mlflow.ActiveRun:
        try:
            return mlflow.start_run(run_id=bundle.metadata.run_id)
        except MlflowException:  # the bundle came from DVC's cache; its run is in another store
            return mlflow.start_run()
