"""Stage `evaluate`: the bundle on the test rows, beside a linear and a dummy baseline."""

import logging
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from predictor.bundle import Bundle, Interval
from predictor.contract import Contract
from predictor.data.frames import read_prepared
from predictor.data.targets import Outputs, Truth, truth
from predictor.evaluation.answers import Answers
from predictor.evaluation.metrics import interval_of, measure
from predictor.evaluation.report import Evaluation, Metrics
from predictor.evaluation.slices import losses
from predictor.files import replacing_folder, write_json, write_text
from predictor.params import Params
from predictor.progress import heartbeat
from predictor.project import Project
from predictor.report.dictionary import dictionary
from predictor.report.plots import write_plots
from predictor.training.fitting import fit, outputs, prior
from predictor.training.models import linear_baseline

logger = logging.getLogger(__name__)


def evaluate(project: Project) -> None:
    """Measure the bundle and its baselines on the test rows; write the report and its plots."""
    params, candidate = Params.read(project.params), Bundle.load(project.candidate)
    contract, test = candidate.contract, read_prepared(project, "test")
    answers, report = examine(candidate, params, read_prepared(project, "train", "valid"), test)
    with replacing_folder(project.reports / "plots") as plots:
        bins = params.evaluate.calibration_bins
        write_plots(plots, contract, answers.truth, answers.model, bins)
    by_slice = losses(contract, test, answers, params.evaluate.slice_rows)
    write_text(project.slices, by_slice.to_csv(index=False, float_format="%.6g"))
    write_text(project.dictionary, dictionary(contract))
    write_json(project.example, example(contract, test))
    answers.write(project.answers, contract)
    write_json(project.evaluation, report.model_dump(mode="json"))
    _log(report)


def examine(
    candidate: Bundle, params: Params, rows: pd.DataFrame, test: pd.DataFrame
) -> tuple[Answers, Evaluation]:
    """Ask the bundle about `test`, and two baselines fitted on the rows it was trained on."""
    contract, bins = candidate.contract, params.evaluate.calibration_bins
    baseline, seen = linear_baseline(contract.task), truth(contract, rows)
    with heartbeat(f"fitting the baseline {baseline}"):
        linear = fit(contract, params, baseline, rows)
    answers = Answers(
        truth=truth(contract, test),
        model=candidate.predict(test),
        linear=outputs(linear, contract, test),
        dummy=prior(contract, seen, len(test)),
    )

    def score(answered: Outputs, interval: Interval | None) -> Metrics:
        return measure(contract, answers.truth, answered, bins, interval)

    # The width of a baseline's interval comes from the rows it was fitted on: it has no others.
    width = partial(_width, candidate, seen)
    first, last = _period(contract, test)
    return answers, Evaluation(
        bundle=candidate.identity,
        task=contract.task,
        rows=len(test),
        first=first,
        last=last,
        model=score(answers.model, candidate.metadata.interval),
        linear=score(answers.linear, width(outputs(linear, contract, rows))),
        dummy=score(answers.dummy, width(prior(contract, seen, len(rows)))),
    )


def _width(candidate: Bundle, labels: Truth, answered: Outputs) -> Interval | None:
    interval = candidate.metadata.interval
    if interval is None:
        return None
    return interval_of(candidate.contract, labels, answered, interval.coverage)


def example(contract: Contract, rows: pd.DataFrame) -> dict[str, object]:
    """Return the features of the first row as the body of a request."""
    return {name: _plain(rows[name].iloc[0]) for name in contract.columns}


def _plain(value: object) -> object:
    # not `to_json`, which cuts numbers after 10 decimals: 1e-12 would be asked about as 0
    if value is None or value != value:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


def _period(contract: Contract, rows: pd.DataFrame) -> tuple[date | None, date | None]:
    if contract.time is None:
        return None, None
    times = rows[contract.time.column]
    return times.min().date(), times.max().date()


def _log(report: Evaluation) -> None:
    logger.info("test: %s rows %12s %8s %8s", f"{report.rows:,}", "model", "linear", "dummy")
    for name, value in report.model.items():
        logger.info("%18s %12.4g %8.4g %8.4g", name, value, report.linear[name], report.dummy[name])
