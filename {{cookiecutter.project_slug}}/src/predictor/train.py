"""Stage `train`: one scikit-learn pipeline, tracked in MLflow and exported as a bundle."""

import json
import logging
import platform
from time import perf_counter
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.pipeline import Pipeline

from predictor import bundle, models, params, task
from predictor.bundle import MODEL, REFERENCE, open_session
from predictor.errors import PredictorError
from predictor.features import CATEGORIES, FEATURES, KINDS, NUMBER_FEATURES, encode
from predictor.paths import CANDIDATE, DATA_VERSION, PREPARED
from predictor.registry import Registry
from predictor.schema import TARGET, TIME

logger = logging.getLogger(__name__)

PARITY_ROWS = 5000
PARITY_TOLERANCE = 1e-5
UNSEEN = "a category not seen in training"
ENVIRONMENT = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
QUANTILES = [step / 20 for step in range(21)]


def train() -> None:
    """Evaluate the model on the validation rows, refit it on train and valid, and export it."""
    chosen, problem = params.read(params.Train), params.read(task.Problem)
    train, valid = (pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid"))
    Registry.connect(problem.name)
    with mlflow.start_run() as run:
        arguments = chosen.models.get(chosen.model, {})
        mlflow.log_params({"model": chosen.model, "seed": chosen.seed, **arguments})
        logger.info("fitting %s on %s rows", chosen.model, f"{len(train):,}")
        answers = task.from_sklearn(models.fit(chosen.model, train, chosen), models.frame(valid))
        truth = task.truth(valid[TARGET])
        metrics = task.metrics(truth, answers, problem)
        mlflow.log_metrics({f"valid_{name}": value for name, value in metrics.items()})
        rows = pd.concat([train, valid], ignore_index=True)
        logger.info("fitting it again on %s rows, and exporting it to ONNX", f"{len(rows):,}")
        start = perf_counter()
        pipeline = models.fit(chosen.model, rows, chosen)
        training = f"{perf_counter() - start:.1f} s with {ENVIRONMENT}"
        onnx = export_onnx(pipeline)
        sample = rows.sample(min(len(rows), PARITY_ROWS), random_state=chosen.seed)
        mlflow.log_metric("parity", require_parity(pipeline, onnx, sample))
        reference = {"rows": len(rows), "columns": {name: describe(rows[name]) for name in KINDS}}
        bundle.write(
            CANDIDATE,
            {MODEL: onnx, REFERENCE: json.dumps(reference, indent=1).encode()},
            problem=problem,
            target=TARGET,
            features=FEATURES,
            model=chosen.model,
            data_version=json.loads(DATA_VERSION.read_text(encoding="utf-8"))["version"],
            run_id=run.info.run_id,
            train_rows=len(rows),
            trained_until=rows[TIME].max().date() if TIME else None,
            rule=task.decision_rule(problem, truth, answers),
            valid_metrics=metrics,
            training=training,
        )


def export_onnx(pipeline: Pipeline) -> bytes:
    """Convert a pipeline to ONNX, with one input for the numbers and one for the categories.

    One input for each column would double the time that a row takes.
    """
    groups = [
        ("numbers", FloatTensorType([None, len(NUMBER_FEATURES)])),
        ("categories", StringTensorType([None, len(CATEGORIES)])),
    ]
    inputs = [(name, kind) for name, kind in groups if kind.shape[1]]
    options = {"zipmap": False} if hasattr(pipeline, "classes_") else None  # a matrix, no dicts
    model = to_onnx(pipeline, initial_types=inputs, options=options)
    return bytes(model.SerializeToString())


def require_parity(pipeline: Pipeline, onnx: bytes, rows: pd.DataFrame) -> float:
    """Return the largest difference between ONNX and scikit-learn; raise if it is too large."""
    rows = pd.concat([rows, with_gaps(rows)], ignore_index=True)
    expected = task.from_sklearn(pipeline, models.frame(rows))
    answered = task.from_onnx(open_session(onnx).run(None, encode(rows)))
    # ONNX computes in single precision, so large values of a regression differ by more.
    difference = np.abs(expected - answered) / max(1.0, float(np.abs(expected).max()))
    if not difference.max() <= PARITY_TOLERANCE:
        wrong = int((difference > PARITY_TOLERANCE).sum())
        raise PredictorError(
            f"ONNX and scikit-learn predict differently: {wrong:,} of {len(rows):,} rows differ "
            f"by up to {difference.max():.2g}. Choose another model or other arguments."
        )
    return float(difference.max())


def with_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a copy in which each row has one missing value or one unseen category."""
    gaps = rows.copy()
    for i, (name, kind) in enumerate(KINDS.items()):
        hit = np.arange(len(gaps)) % len(KINDS) == i
        if kind is not bool and kind is not int:
            gaps[name] = gaps[name].mask(hit, UNSEEN) if kind is str else gaps[name].mask(hit)
    return gaps


def describe(values: pd.Series) -> dict[str, Any]:
    """Return the share that is missing, quantiles (0, 5, ... 100 %) or category shares, and more.

    `typical` is the median or the most frequent value, or None if most values are missing.
    """
    known, missing = values.dropna(), float(values.isna().mean())
    found: dict[str, Any] = {"missing": missing, "typical": None}
    if is_datetime64_any_dtype(known):
        times = pd.to_datetime(known.quantile(QUANTILES, interpolation="lower"))
        found["quantiles"] = times.dt.strftime("%Y-%m-%dT%H:%M").tolist()
        typical = found["quantiles"][len(QUANTILES) // 2]
    elif is_numeric_dtype(known) and known.dtype != bool:
        found["quantiles"] = known.astype(float).quantile(QUANTILES).tolist()
        found["up_to"] = [float((known <= edge).mean()) for edge in found["quantiles"]]
        typical = known.quantile(0.5, interpolation="lower")
    else:
        shares = known.value_counts(normalize=True)
        found["shares"] = {str(name): share for name, share in shares.items()}
        typical = shares.index[0] if len(shares) else None
    if missing <= 0.5:
        found["typical"] = typical.item() if isinstance(typical, np.generic) else typical
    return found
