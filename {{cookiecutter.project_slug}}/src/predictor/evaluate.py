"""Stage `evaluate`: compare the bundle with two baselines, linear and dummy, on test rows."""

import json
import logging

import numpy as np
import pandas as pd
from dvc.api import metrics_show
from dvc.scm import RevError
from pandas.api.types import is_numeric_dtype

from predictor import models, params, plots, task
from predictor.bundle import Bundle, checksum
from predictor.comparison import Evaluation, Slice, compare
from predictor.errors import PredictorError
from predictor.features import CATEGORIES, NUMBERS, TIMES
from predictor.paths import CANDIDATE, CURVES, EVALUATION, EXAMPLE, PREPARED, REPORTS, write_text
from predictor.schema import CALENDAR, TARGET, TIME
from predictor.split import groups

logger = logging.getLogger(__name__)

Metrics = dict[str, task.Floats]


def evaluate() -> None:
    """Evaluate the candidate and both baselines on the test rows; write reports and a plot."""
    candidate, test = Bundle.load(CANDIDATE), pd.read_parquet(PREPARED / "test.parquet")
    truth, problem = task.truth(test[TARGET]), candidate.metadata.problem
    outputs = {"model": candidate.predict(test), **baselines(test)}
    metrics = {name: task.metrics(truth, each, problem) for name, each in outputs.items()}
    by_row = {name: task.row_metrics(truth, each, problem) for name, each in outputs.items()}
    days, settings = groups(test), params.read(params.Evaluate)
    evaluation = Evaluation(
        bundle=candidate.identity,
        test_version=checksum((PREPARED / "test.parquet").read_bytes())[:12],
        rows=len(test),
        first=test[TIME].min().date() if TIME else None,
        last=test[TIME].max().date() if TIME else None,
        headline=task.headline(metrics, outputs["dummy"], problem),
        differences=[
            compare(rival, metric, (ours, by_row[rival][metric]), days, settings)
            for rival in ("linear", "dummy")
            for metric, ours in by_row["model"].items()
        ],
        slices=slices(test, by_row["model"], by_row["dummy"], settings.slice_rows),
        calibration=plots.draw(REPORTS / CURVES, truth, outputs["model"], candidate.metadata),
        training=candidate.metadata.training,
        **metrics,
    )
    typical = {name: column["typical"] for name, column in candidate.reference["columns"].items()}
    write_text(REPORTS / EXAMPLE, json.dumps(typical, indent=2) + "\n")
    write_text(REPORTS / EVALUATION, evaluation.model_dump_json(indent=2) + "\n")
    logger.info("on %s test rows:\n%s", f"{len(test):,}", pd.DataFrame(metrics).round(4))


def baselines(test: pd.DataFrame) -> dict[str, task.Floats]:
    """Return the predictions of both baselines for the test rows, fitted on all other rows."""
    fit = pd.concat([pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid")])
    logger.info("fitting the baseline %s on %s rows", models.LINEAR, f"{len(fit):,}")
    linear = models.fit(models.LINEAR, fit, params.read(params.Train))
    return {
        "linear": task.from_sklearn(linear, models.frame(test)),
        "dummy": task.dummy(task.truth(fit[TARGET]), len(test)),
    }


def slices(test: pd.DataFrame, model: Metrics, dummy: Metrics, least: int) -> list[Slice]:
    """Return the slices with at least `least` test rows, by their loss relative to the dummy's.

    A slice is one value of a column, or a quarter of its values; the worst slice is first.
    """
    hours = {f"{name}.hour": test[name].dt.hour for name in TIMES if CALENDAR[name]}
    found = []
    for name, values in test[[*CATEGORIES, *NUMBERS]].assign(**hours).items():
        keys = values
        if is_numeric_dtype(values) and values.nunique() > 4:
            quarters = values.groupby(pd.qcut(values, 4, labels=False, duplicates="drop"))
            keys = quarters.transform(lambda each: f"{each.min():,.4g} to {each.max():,.4g}")
        for value, rows in values.groupby(keys.to_numpy()):
            if len(rows) >= least:
                ours = {key: float(each[rows.index].mean()) for key, each in model.items()}
                theirs = {key: float(each[rows.index].mean()) for key, each in dummy.items()}
                excess = ours[task.LOSS] / theirs[task.LOSS] - 1
                found.append(Slice(str(name), str(value), len(rows), ours, theirs, excess))
    return sorted(found, key=lambda each: each.excess, reverse=True)


def reproduce() -> None:
    """Raise PredictorError if a metric differs from HEAD by more than `evaluate.tolerance`."""
    limit = params.read(params.Evaluate).tolerance
    both = pd.DataFrame({"committed": read_metrics("HEAD"), "now": read_metrics(None)})
    different = both[~np.isclose(both["now"], both["committed"], rtol=limit, atol=limit)]
    if both["committed"].isna().all():
        logger.info("no metrics are committed yet, so there is nothing to compare")
    elif len(different):
        found = "; ".join(f"{' '.join(k)} {a:.6g} -> {b:.6g}" for k, a, b in different.itertuples())
        raise PredictorError(f"Metrics differ from the commit by more than {limit}: {found}.")
    else:
        logger.info("all %s metrics equal the committed ones within %s", len(both), limit)


def read_metrics(revision: str | None) -> pd.Series:
    """Return the metrics of a commit, or of the working tree, by metric and model."""
    try:
        found = metrics_show(rev=revision)
    except (RevError, FileNotFoundError):  # there is no commit yet, or it has no results
        found = {}
    names = ("model", "linear", "dummy")
    return pd.concat([pd.Series(found.get(name, {}), dtype=float) for name in names], keys=names)
