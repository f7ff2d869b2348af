"""Stage `evaluate`: the bundle on the test rows, beside a linear and a dummy baseline."""

import logging
from datetime import date

import numpy as np
import pandas as pd

from predictor.bundle import Bundle
from predictor.contract import Contract
from predictor.evaluation import Evaluation, Metrics
from predictor.files import replacing_folder, write_json, write_text
from predictor.fitting import fit, outputs, prior
from predictor.frames import read_prepared
from predictor.metrics import measure
from predictor.models import linear_baseline
from predictor.params import Params
from predictor.progress import heartbeat
from predictor.project import Project
from predictor.report.dictionary import dictionary
from predictor.report.plots import write_plots
from predictor.slices import losses
from predictor.targets import Outputs, truth

logger = logging.getLogger(__name__)


def evaluate(project: Project) -> None:
    """Measure the bundle and its baselines on the test rows; write the report and its plots."""
    params, candidate = Params.read(project.params), Bundle.load(project.candidate)
    test = read_prepared(project, "test")
    labels, bins = truth(candidate.contract, test), params.evaluate.calibration_bins
    report = examine(candidate, params, read_prepared(project, "train", "valid"), test)
    answers = candidate.predict(test)
    with replacing_folder(project.reports / "plots") as plots:
        write_plots(plots, candidate.contract, labels, answers, bins)
    by_slice = losses(candidate.contract, test, labels, answers, params.evaluate.slice_rows)
    write_text(project.slices, by_slice.to_csv(index=False, float_format="%.6g"))
    write_text(project.dictionary, dictionary(candidate.contract))
    write_json(project.example, example(candidate.contract, test))
    write_json(project.evaluation, report.model_dump(mode="json"))
    _log(report)


def examine(
    candidate: Bundle, params: Params, rows: pd.DataFrame, test: pd.DataFrame
) -> Evaluation:
    """Compare the bundle on `test` with two baselines fitted on the rows it was trained on."""
    contract = candidate.contract
    labels = truth(contract, test)
    baseline = linear_baseline(contract.task)

    def score(answers: Outputs) -> Metrics:
        return measure(contract, labels, answers, params.evaluate.calibration_bins)

    with heartbeat(f"fitting the baseline {baseline}"):
        linear = fit(contract, params, baseline, rows)
    first, last = _period(contract, test)
    return Evaluation(
        bundle=candidate.identity,
        task=contract.task,
        rows=len(test),
        first=first,
        last=last,
        model=score(candidate.predict(test)),
        linear=score(outputs(linear, contract, test)),
        dummy=score(prior(contract, truth(contract, rows), len(test))),
    )


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
