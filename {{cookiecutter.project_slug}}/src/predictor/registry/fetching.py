"""A released version from an MLflow registry into a models folder; needs no project.

It uses only what `mlflow-skinny` has, so that a service can fetch its model too.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException

from predictor import release
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.release import CURVES, EXAMPLE, RELEASE, Champion, Release

BUNDLE = "bundle"  # of the artifacts of the logged model
RELEASE_ARTIFACTS = "release"  # of the run behind the version


def fetch(name: str, version: str, uri: str, models: Path) -> Champion:
    """Download a version of the model `name` and publish it below `models`.

    Raises:
        PredictorError: the registry at `uri` does not have all of it.
    """
    # ONNX Runtime may keep the model open, and Windows deletes no open file.
    with TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        try:
            bundle, files = _download(name, version, uri, scratch)
        except (MlflowException, OSError, ValueError) as error:
            raise PredictorError(
                f"Version {version} of {name} cannot be fetched from the registry: "
                f"{str(error).strip().partition(chr(10))[0]}"
            ) from error
        shown = {each: files / each for each in (EXAMPLE, CURVES)}
        released = Release.read(files / RELEASE)
        return release.publish(models, Bundle.load(bundle), released, shown)


def _download(name: str, version: str, uri: str, folder: str) -> tuple[Path, Path]:
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    run = client.get_model_version(name, version).run_id
    files = download_artifacts(
        run_id=run, artifact_path=RELEASE_ARTIFACTS, dst_path=folder, tracking_uri=uri
    )
    bundle = download_artifacts(
        artifact_uri=f"models:/{name}/{version}/artifacts/{BUNDLE}",
        dst_path=folder,
        tracking_uri=uri,
        registry_uri=uri,
    )
    return Path(bundle), Path(files)
