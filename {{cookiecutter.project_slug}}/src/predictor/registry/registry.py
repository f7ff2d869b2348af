"""Runs and model versions in MLflow, which nothing outside this package imports."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from predictor.bundle import Bundle
from predictor.evaluation.report import Metrics
from predictor.gate.verdict import Verdict
from predictor.params import Params
from predictor.registry.address import without_password
from predictor.registry.alias import BUNDLE as BUNDLE_TAG
from predictor.registry.alias import CHAMPION, require_unmoved
from predictor.registry.faults import in_sentences
from predictor.registry.fetching import RELEASE_ARTIFACTS, fetch
from predictor.registry.packaging import log_model
from predictor.release import RELEASE_FILES, Champion

logger = logging.getLogger(__name__)

NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # model, or alias


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

    @in_sentences
    def log_training(self, bundle: Bundle, params: Params, plots: Path) -> None:
        """Log one run: parameters, provenance, validation metrics, plots and the model."""
        with mlflow.start_run(experiment_id=self.experiment):
            mlflow.set_tags({**_provenance(bundle), "bundle": bundle.identity})
            mlflow.log_params({**_flat(params), **bundle.metadata.arguments})
            mlflow.log_metrics(
                {f"valid_{name}": value for name, value in bundle.metadata.valid_metrics.items()}
            )
            mlflow.log_artifacts(str(plots), "plots")
            log_model(bundle)

    @in_sentences
    def version_of(self, bundle: Bundle) -> str | None:
        """Return the newest registered version that is this very bundle."""
        found = self.client.search_model_versions(
            f"name = '{self.name}' and tags.bundle = '{bundle.identity}'"
        )
        return max((str(each.version) for each in found), key=int, default=None)

    @in_sentences
    def register(self, bundle: Bundle) -> str:
        """Make the bundle a version of the registered model and return its number.

        A bundle that came from DVC's cache may have no run here; then it gets one.
        """
        run = self._run_of(bundle)
        if run is None:
            logger.info("this store has not seen the training run: logging the bundle")
            with mlflow.start_run(experiment_id=self.experiment) as active:
                mlflow.set_tags({**_provenance(bundle), "bundle": bundle.identity})
                log_model(bundle)
            run = self.client.get_run(active.info.run_id)
        registered = mlflow.register_model(
            f"models:/{run.data.tags['model_id']}", self.name, tags={BUNDLE_TAG: bundle.identity}
        )
        return str(registered.version)

    @in_sentences
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

    @in_sentences
    def log_release(self, champion: Champion) -> None:
        """Add what a release needs beside the bundle, so that another machine can fetch it."""
        run = self._run_behind(champion.release.version)
        for name in RELEASE_FILES:
            path = champion.bundle.folder / name
            self.client.log_artifact(run, str(path), RELEASE_ARTIFACTS)

    @in_sentences
    def identity_of(self, version: str) -> str | None:
        """Return which bundle a version is."""
        tags = self.client.get_model_version(self.name, version).tags
        return str(tags[BUNDLE_TAG]) if BUNDLE_TAG in tags else None

    @in_sentences
    def champion(self) -> str | None:
        """Return the version that `@champion` points at."""
        try:
            return str(self.client.get_model_version_by_alias(self.name, CHAMPION).version)
        except MlflowException as error:
            if error.error_code in NOT_THERE:
                return None
            raise

    @in_sentences
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
