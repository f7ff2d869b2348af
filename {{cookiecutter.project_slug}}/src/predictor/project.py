"""Where the parts of the project lie on disk."""

import os
from dataclasses import dataclass
from pathlib import Path

from predictor.errors import PredictorError

MARKER = "contract.yaml"


@dataclass(frozen=True)
class Project:
    """The folder that holds `contract.yaml`, and every path below it."""

    root: Path

    @classmethod
    def locate(cls) -> "Project":
        """Find the project from any working directory.

        `PREDICTOR_PROJECT` decides; else the nearest folder above the working directory with a
        `contract.yaml`; else the folder from which this package was installed.

        Raises:
            PredictorError: no folder has a `contract.yaml`.
        """
        chosen = os.environ.get("PREDICTOR_PROJECT")
        if chosen:
            return cls(_with_contract(Path(chosen).resolve()))
        here = Path.cwd().resolve()
        installed_from = Path(__file__).resolve().parents[2]
        for folder in (here, *here.parents, installed_from):
            if _is_project(folder):
                return cls(folder)
        raise PredictorError(
            f"No {MARKER} in {here} or above it: change into the project, or set PREDICTOR_PROJECT."
        )

    @property
    def contract(self) -> Path:
        return self.root / MARKER

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    @property
    def lock(self) -> Path:
        return self.root / "dvc.lock"

    @property
    def readme(self) -> Path:
        return self.root / "README.md"

    @property
    def raw(self) -> Path:
        return self.root / "data" / "raw"

    @property
    def prepared(self) -> Path:
        return self.root / "data" / "prepared"

    @property
    def feedback(self) -> Path:
        return self.root / "data" / "feedback.jsonl"

    @property
    def answers(self) -> Path:
        return self.root / "data" / "answers.parquet"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def candidate(self) -> Path:
        return self.models / "candidate"

    @property
    def deploy(self) -> Path:
        return self.root / "deploy"

    @property
    def secrets(self) -> Path:
        """What only this machine knows; git ignores it, and Compose reads it."""
        return self.deploy / ".env"

    @property
    def tracking_uri(self) -> str:
        """The MLflow store inside the project."""
        return f"sqlite:///{(self.root / 'mlflow.db').as_posix()}"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def evaluation(self) -> Path:
        return self.reports / "evaluation.json"

    @property
    def verdict(self) -> Path:
        return self.reports / "verdict.json"

    @property
    def fingerprint(self) -> Path:
        return self.reports / "data.json"

    @property
    def slices(self) -> Path:
        return self.reports / "slices.csv"

    @property
    def dictionary(self) -> Path:
        return self.reports / "data.md"

    @property
    def shown(self) -> Path:
        """What the README shows of the champion; only `promote` and `rollback` write it."""
        return self.reports / "champion"

    @property
    def example(self) -> Path:
        return self.reports / "example.json"


def _is_project(folder: Path) -> bool:
    # A bundle holds its contract too, beside the model.
    return (folder / MARKER).is_file() and not (folder / "model.onnx").exists()


def _with_contract(folder: Path) -> Path:
    if not (folder / MARKER).is_file():
        raise PredictorError(f"PREDICTOR_PROJECT names {str(folder)!r}, which has no {MARKER}.")
    return folder
