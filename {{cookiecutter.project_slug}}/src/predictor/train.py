"""Stage `train`: one scikit-learn pipeline, tracked in MLflow and exported as a bundle."""

import logging
import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from sklearn.pipeline import Pipeline

from predictor import bundle, export, registry
from predictor.bundle import Bundle, Metadata
from predictor.contract import Contract
from predictor.files import replacing_folder
from predictor.fitting import fit, positives
from predictor.metrics import measure
from predictor.params import Params
from predictor.project import Project
from predictor.provenance import data_version, git_commit
from predictor.report.plots import write_plots
from predictor.statistics import describe

logger = logging.getLogger(__name__)

LIBRARIES = ("numpy", "onnx", "onnxruntime", "pandas", "scikit-learn", "skl2onnx")


def train(project: Project) -> None:
    """Validate the chosen model, fit it again on all rows but the test's, export and log it.

    Raises:
        PredictorError: a parameter does not fit, ONNX and scikit-learn disagree, or the tracking
            server does not answer.
    """
    contract, params = Contract.read(project.contract), Params.read(project.params)
    rows = pd.read_parquet(project.prepared / "train.parquet")
    valid = pd.read_parquet(project.prepared / "valid.parquet")
    store = registry.connect(project, contract.name)
    with replacing_folder(project.candidate) as folder, TemporaryDirectory() as plots:
        metrics = validate(contract, params, rows, valid, Path(plots))
        everything = pd.concat([rows, valid], ignore_index=True)
        logger.info("fitting on %s rows", f"{len(everything):,}")
        pipeline = fit(contract, params, params.train.model, everything)
        logger.info("exporting to ONNX, and comparing its answers with scikit-learn's")
        write_bundle(folder, project, pipeline, everything, metrics)
        logger.info("logging the run to %s", store.shown)
        store.log_training(Bundle.load(folder), params, Path(plots))


def validate(
    contract: Contract, params: Params, rows: pd.DataFrame, valid: pd.DataFrame, plots: Path
) -> dict[str, float]:
    """Fit on `rows`, measure on the newer `valid`, and draw the curves into `plots`."""
    logger.info("fitting %s on %s rows", params.train.model, f"{len(rows):,}")
    pipeline = fit(contract, params, params.train.model, rows)
    labels, probabilities = positives(contract, valid), pipeline.predict_proba(valid)[:, 1]
    bins = params.evaluate.calibration_bins
    write_plots(plots, labels, probabilities, bins)
    metrics = measure(labels, probabilities, contract.costs, bins)
    logger.info("validation ROC AUC %.3f on %s rows", metrics["roc_auc"], f"{len(valid):,}")
    return metrics


def write_bundle(
    folder: Path,
    project: Project,
    pipeline: Pipeline,
    rows: pd.DataFrame,
    valid_metrics: dict[str, float],
) -> None:
    """Fill `folder` with the pipeline, fitted on `rows`, and all that is known of it.

    Raises:
        PredictorError: ONNX and scikit-learn disagree.
    """
    contract, params = Contract.read(project.contract), Params.read(project.params)
    model = export.to_bytes(pipeline, contract)
    sample = rows.sample(min(len(rows), params.train.parity_rows), random_state=params.train.seed)
    parity = export.prove_parity(pipeline, model, contract, sample, params.train.parity_tolerance)
    (folder / bundle.MODEL).write_bytes(model)
    shutil.copyfile(project.contract, folder / bundle.CONTRACT)
    bundle.write_json(folder / bundle.STATISTICS, describe(contract, rows).model_dump(mode="json"))
    metadata = Metadata(
        created=datetime.now(UTC).replace(microsecond=0),
        model=params.train.model,
        arguments=params.models.get(params.train.model, {}),
        data_version=data_version(project),
        git_commit=git_commit(project),
        train_rows=len(rows),
        valid_metrics=valid_metrics,
        parity=parity,
        libraries={name: version(name) for name in LIBRARIES},
        checksums=bundle.checksums(folder),
    )
    bundle.write_json(folder / bundle.METADATA, metadata.model_dump(mode="json"))
