"""Stage `train`: one scikit-learn pipeline, tracked in MLflow and exported as a bundle."""

import logging
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from sklearn.pipeline import Pipeline

from predictor import bundle
from predictor.bundle import Bundle, Interval, Metadata
from predictor.contract import Contract
from predictor.data.frames import read_prepared
from predictor.data.targets import truth
from predictor.errors import PredictorError
from predictor.evaluation.metrics import interval_of, measure
from predictor.evaluation.report import LOSS, Metrics
from predictor.files import replacing_folder, write_json
from predictor.params import Params
from predictor.progress import heartbeat
from predictor.project import Project
from predictor.proof.provenance import data_version, git_commit
from predictor.registry.connection import connect
from predictor.report.plots import write_plots
from predictor.training import export
from predictor.training.description import describe
from predictor.training.fitting import fit, outputs

logger = logging.getLogger(__name__)

LIBRARIES = ("numpy", "onnx", "onnxruntime", "pandas", "scikit-learn", "skl2onnx")


@dataclass(frozen=True)
class Validation:
    """How a model did on rows that it was not fitted on."""

    metrics: Metrics
    interval: Interval | None


@dataclass(frozen=True)
class Fitted:
    """A pipeline, and the documents that it was fitted by."""

    contract: Contract
    params: Params
    pipeline: Pipeline


def train(project: Project) -> None:
    """Validate the chosen model, fit it again on all rows but the test's, export and log it.

    Raises:
        PredictorError: a parameter does not fit, ONNX and scikit-learn disagree, or the tracking
            server does not answer.
    """
    contract, params = Contract.read(project.contract), Params.read(project.params)
    rows, valid = read_prepared(project, "train"), read_prepared(project, "valid")
    store = connect(project, contract.name)
    with replacing_folder(project.candidate) as folder, TemporaryDirectory() as plots:
        validation = validate(contract, params, rows, valid, Path(plots))
        everything = pd.concat([rows, valid], ignore_index=True)
        with heartbeat(f"fitting on {len(everything):,} rows"):
            pipeline = fit(contract, params, params.train.model, everything)
        with heartbeat("exporting to ONNX, and comparing its answers with scikit-learn's"):
            write_bundle(
                folder, project, Fitted(contract, params, pipeline), everything, validation
            )
        with heartbeat(f"logging the run to {store.shown}"):
            store.log_training(Bundle.load(folder), params, Path(plots))


def validate(
    contract: Contract, params: Params, rows: pd.DataFrame, valid: pd.DataFrame, plots: Path
) -> Validation:
    """Fit on `rows`, measure on the newer `valid`, and draw the curves into `plots`."""
    with heartbeat(f"fitting {params.train.model} on {len(rows):,} rows"):
        pipeline = fit(contract, params, params.train.model, rows)
    labels, answers = truth(contract, valid), outputs(pipeline, contract, valid)
    bins = params.evaluate.calibration_bins
    write_plots(plots, contract, labels, answers, bins)
    metrics = measure(contract, labels, answers, bins)
    loss = LOSS[contract.task]
    logger.info("validation %s %.4g on %s rows", loss, metrics[loss], f"{len(valid):,}")
    coverage = params.train.interval_coverage
    return Validation(metrics, interval_of(contract, labels, answers, coverage))


def write_bundle(
    folder: Path,
    project: Project,
    fitted: Fitted,
    rows: pd.DataFrame,
    validation: Validation,
) -> None:
    """Fill `folder` with the pipeline, fitted on `rows`, and all that is known of it.

    Raises:
        PredictorError: ONNX and scikit-learn disagree, or contract.yaml changed meanwhile.
    """
    contract, params, pipeline = fitted.contract, fitted.params, fitted.pipeline
    model = export.to_bytes(pipeline, contract)
    sample = rows.sample(min(len(rows), params.train.parity_rows), random_state=params.train.seed)
    parity = export.prove_parity(pipeline, model, contract, sample, params.train.parity_tolerance)
    (folder / bundle.MODEL).write_bytes(model)
    shutil.copyfile(project.contract, folder / bundle.CONTRACT)
    if Contract.read(folder / bundle.CONTRACT) != contract:
        raise PredictorError("contract.yaml changed while the model was trained: run it again.")
    write_json(folder / bundle.STATISTICS, describe(contract, rows).model_dump(mode="json"))
    metadata = Metadata(
        created=datetime.now(UTC).replace(microsecond=0),
        model=params.train.model,
        arguments=params.models.get(params.train.model, {}),
        data_version=data_version(project),
        git_commit=git_commit(project),
        train_rows=len(rows),
        trained_until=_last_day(contract, rows),
        split=params.prepare,
        valid_metrics=validation.metrics,
        interval=validation.interval,
        parity=parity,
        libraries={name: version(name) for name in LIBRARIES},
        checksums=bundle.checksums(folder),
    )
    write_json(folder / bundle.METADATA, metadata.model_dump(mode="json"))


def _last_day(contract: Contract, rows: pd.DataFrame) -> date | None:
    if contract.time is None:
        return None
    newest: pd.Timestamp = rows[contract.time.column].max()
    return newest.date()
