"""Stage `evaluate`: the bundle on the newest months, beside a linear and a dummy baseline."""

import json
import logging
from datetime import date

import pandas as pd

from predictor.bundle import Bundle, write_json
from predictor.contract import Contract
from predictor.evaluation import Evaluation, Metrics
from predictor.files import replacing_folder
from predictor.fitting import fit, outputs, prior, truth
from predictor.metrics import Outputs, measure
from predictor.models import linear_baseline
from predictor.params import Params
from predictor.project import Project
from predictor.report.plots import write_plots

logger = logging.getLogger(__name__)


def evaluate(project: Project) -> None:
    """Measure the bundle and its baselines on the test rows; write the report and its plots."""
    params, candidate = Params.read(project.params), Bundle.load(project.candidate)
    test = pd.read_parquet(project.prepared / "test.parquet")
    labels, bins = truth(candidate.contract, test), params.evaluate.calibration_bins
    report = examine(candidate, params, _training_rows(project), test)
    with replacing_folder(project.reports / "plots") as plots:
        write_plots(plots, candidate.contract, labels, candidate.predict(test), bins)
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

    logger.info("fitting the baseline %s", baseline)
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
    text = rows[list(contract.columns)].head(1).to_json(orient="records", date_format="iso")
    row: dict[str, object] = json.loads(text)[0]
    return row


def _training_rows(project: Project) -> pd.DataFrame:
    parts = [pd.read_parquet(project.prepared / f"{name}.parquet") for name in ("train", "valid")]
    return pd.concat(parts, ignore_index=True)


def _period(contract: Contract, rows: pd.DataFrame) -> tuple[date | None, date | None]:
    if contract.time is None:
        return None, None
    times = rows[contract.time.column]
    return times.min().date(), times.max().date()


def _log(report: Evaluation) -> None:
    logger.info("test: %s rows %12s %8s %8s", f"{report.rows:,}", "model", "linear", "dummy")
    for name, value in report.model.items():
        logger.info("%18s %12.4g %8.4g %8.4g", name, value, report.linear[name], report.dummy[name])
