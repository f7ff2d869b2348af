"""Stage `evaluate`: compare the bundle with two baselines, linear and dummy, on test rows."""

import json
import logging

import pandas as pd

from predictor import models, params, plots, task
from predictor.bundle import Bundle, checksum
from predictor.comparison import Evaluation, compare
from predictor.paths import CANDIDATE, CURVES, EVALUATION, EXAMPLE, PREPARED, REPORTS, write_text
from predictor.schema import TARGET, TIME
from predictor.split import groups

logger = logging.getLogger(__name__)


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
        **metrics,
    )
    plots.draw(REPORTS / CURVES, truth, outputs["model"], problem)
    typical = {name: column["typical"] for name, column in candidate.reference["columns"].items()}
    write_text(REPORTS / EXAMPLE, json.dumps(typical, indent=2) + "\n")
    write_text(REPORTS / EVALUATION, evaluation.model_dump_json(indent=2) + "\n")
    table = pd.DataFrame(metrics).to_string(float_format="{:.4g}".format)
    logger.info("on %s test rows:\n%s", f"{len(test):,}", table)


def baselines(test: pd.DataFrame) -> dict[str, task.Floats]:
    """Return the predictions of both baselines for the test rows, fitted on all other rows."""
    fit = pd.concat([pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid")])
    logger.info("fitting the baseline %s on %s rows", models.LINEAR, f"{len(fit):,}")
    linear = models.fit(models.LINEAR, fit, params.read(params.Train))
    return {
        "linear": task.from_sklearn(linear, models.frame(test)),
        "dummy": task.dummy(task.truth(fit[TARGET]), len(test)),
    }
