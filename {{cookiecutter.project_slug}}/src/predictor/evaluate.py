"""Stage `evaluate`: the bundle on the test rows, beside a linear and a dummy baseline."""

import logging

import pandas as pd

from predictor import models, params, plots, task
from predictor.bundle import Bundle, checksum
from predictor.comparison import Evaluation, compare
from predictor.features import KINDS
from predictor.paths import CANDIDATE, CURVES, EVALUATION, EXAMPLE, PREPARED, REPORTS, write_text
from predictor.schema import TARGET, TIME, Row
from predictor.split import groups

logger = logging.getLogger(__name__)


def evaluate() -> None:
    """Measure the candidate and both baselines on the test rows; write reports and a picture."""
    candidate, test = Bundle.load(CANDIDATE), pd.read_parquet(PREPARED / "test.parquet")
    truth, problem = task.truth(test[TARGET]), candidate.metadata.problem
    answers = {"model": candidate.predict(test), **baselines(test)}
    metrics = {name: task.metrics(truth, said, problem) for name, said in answers.items()}
    added = {name: task.measures(truth, said, problem) for name, said in answers.items()}
    days, judged = groups(test), params.read(params.Evaluate)
    evaluation = Evaluation(
        bundle=candidate.identity,
        test_version=checksum((PREPARED / "test.parquet").read_bytes())[:12],
        rows=len(test),
        first=test[TIME].min().date() if TIME else None,
        last=test[TIME].max().date() if TIME else None,
        headline=task.headline(metrics, answers["dummy"], problem),
        differences=[
            compare(rival, measure, (ours, added[rival][measure]), days, judged)
            for rival in ("linear", "dummy")
            for measure, ours in added["model"].items()
        ],
        **metrics,
    )
    plots.draw(REPORTS / CURVES, truth, answers["model"], problem)
    first = {name: None if pd.isna(test[name][0]) else test[name][0] for name in KINDS}
    example = Row.model_validate(first).model_dump_json(indent=2, by_alias=True)
    write_text(REPORTS / EXAMPLE, example + "\n")
    write_text(REPORTS / EVALUATION, evaluation.model_dump_json(indent=2) + "\n")
    shown = pd.DataFrame(metrics).to_string(float_format="{:.4g}".format)
    logger.info("on %s test rows:\n%s", f"{len(test):,}", shown)


def baselines(test: pd.DataFrame) -> dict[str, task.Floats]:
    """Return what both baselines answer for the test rows, fitted on all the others."""
    fit = pd.concat([pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid")])
    logger.info("fitting the baseline %s on %s rows", models.LINEAR, f"{len(fit):,}")
    linear = models.fit(models.LINEAR, fit, params.read(params.Train))
    return {
        "linear": task.from_sklearn(linear, models.frame(test)),
        "dummy": task.dummy(task.truth(fit[TARGET]), len(test)),
    }
