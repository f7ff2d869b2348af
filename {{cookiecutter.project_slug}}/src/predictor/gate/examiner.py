"""Measures everything that the gate judges, on the very rows and answers of `evaluate`."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from predictor.bundle import Bundle
from predictor.contract import Contract
from predictor.data.frames import read_prepared
from predictor.data.targets import Outputs, Truth, truth
from predictor.errors import PredictorError
from predictor.evaluation.answers import Answers
from predictor.evaluation.metrics import loss, measure, row_costs, row_losses
from predictor.evaluation.report import LOSS, Evaluation
from predictor.evaluation.slices import losses
from predictor.gate.comparison import Bootstrap, Floats, group
from predictor.gate.exam import Burden, Difference, Exam, Incumbent, Part
from predictor.gate.incumbent import obstacle
from predictor.gate.latency import medians
from predictor.params import Params
from predictor.project import Project
from predictor.release import Champion, Reign

CALIBRATION = "calibration_error"


@dataclass(frozen=True)
class Candidate:
    """A bundle with its number in the registry, its report, and its past, if it was champion."""

    version: str
    bundle: Bundle
    evaluation: Evaluation
    rolled_back: Reign | None


@dataclass(frozen=True)
class _Paper:
    """The test rows with the answers to them, and how differences are judged."""

    contract: Contract
    params: Params
    rows: pd.DataFrame
    answers: Answers
    bootstrap: Bootstrap

    def loss(self, rival: str, theirs: Outputs) -> Difference:
        per_row = partial(row_losses, self.contract, self.answers.truth)
        of_mean = np.sqrt if self.contract.task == "regression" else _same
        name = LOSS[self.contract.task]
        return self.bootstrap.difference(
            rival, name, per_row(self.answers.model), per_row(theirs), of_mean
        )

    def cost(self, rival: str, theirs: Outputs) -> Difference | None:
        costs = self.contract.costs
        if self.contract.task != "binary" or costs is None:
            return None
        ours, others = (
            1000 * row_costs(self.answers.truth, outputs[:, 0], costs)
            for outputs in (self.answers.model, theirs)
        )
        return self.bootstrap.difference(rival, "cost_per_1000", ours, others, _same)


def examine(project: Project, candidate: Candidate, champion: Champion | None) -> Exam:
    """Compare the candidate with the baselines and the champion on the test rows.

    Raises:
        PredictorError: rows or answers are missing, or are not those of the report.
    """
    paper = _paper(project, candidate)
    incumbent = _incumbent(paper, candidate, champion) if champion else None
    answering = [champion.bundle] if champion and incumbent and not incumbent.obstacle else []
    burden, *theirs = _burdens([candidate.bundle, *answering], paper)
    if incumbent and theirs:
        incumbent = replace(incumbent, burden=theirs[0])
    return Exam(
        version=candidate.version,
        limits=paper.params.promote,
        dummy=paper.loss("dummy baseline", paper.answers.dummy),
        linear=paper.loss("linear baseline", paper.answers.linear),
        cost=paper.cost("dummy baseline", paper.answers.dummy),
        calibration_error=candidate.evaluation.model[CALIBRATION],
        linear_calibration_error=candidate.evaluation.linear[CALIBRATION],
        worst=_worst(paper),
        slice_rows=paper.params.evaluate.slice_rows,
        burden=burden,
        champion=incumbent,
        rolled_back=candidate.rolled_back,
    )


def _paper(project: Project, candidate: Candidate) -> _Paper:
    params, contract = Params.read(project.params), candidate.bundle.contract
    rows, answers = read_prepared(project, "test"), Answers.read(project.answers, contract)
    _require_same_exam(answers, truth(contract, rows), candidate)
    groups = group(rows[contract.time.column] if contract.time else None, len(rows))
    bootstrap = Bootstrap(groups, params.promote.confidence, params.promote.resamples)
    return _Paper(contract, params, rows, answers, bootstrap)


def _require_same_exam(answers: Answers, labels: Truth, candidate: Candidate) -> None:
    report, contract = candidate.evaluation, candidate.bundle.contract
    reported = report.model[LOSS[report.task]]
    if not np.array_equal(answers.truth, labels) or not np.isclose(
        loss(contract, answers.truth, answers.model), reported
    ):
        raise PredictorError(
            "data/answers.parquet, data/prepared/test.parquet and reports/evaluation.json are not "
            "of one exam: run `uv run dvc repro` to hold it again."
        )


def _incumbent(paper: _Paper, candidate: Candidate, champion: Champion) -> Incumbent:
    version, bundle = champion.release.version, champion.bundle
    found = obstacle(bundle, candidate.bundle, paper.rows, candidate.evaluation.first)
    if found:
        return Incumbent(version, obstacle=found)
    outputs, rival = bundle.predict(paper.rows), f"champion (version {version})"
    metrics = measure(
        paper.contract,
        paper.answers.truth,
        outputs,
        paper.params.evaluate.calibration_bins,
        bundle.metadata.interval,
    )
    return Incumbent(
        version,
        loss=paper.loss(rival, outputs),
        cost=paper.cost(rival, outputs),
        calibration_error=metrics.get(CALIBRATION),
    )


def _burdens(bundles: list[Bundle], paper: _Paper) -> list[Burden]:
    times = medians(bundles, paper.rows)
    return [Burden(ms, each.megabytes) for each, ms in zip(bundles, times, strict=True)]


def _worst(paper: _Paper) -> Part | None:
    found = losses(paper.contract, paper.rows, paper.answers, paper.params.evaluate.slice_rows)
    parts = [
        Part(f"{each['column']} = {each['value']}", each["rows"], each["loss"], each["dummy"])
        for each in found.to_dict("records")
    ]
    return max(parts, key=lambda part: part.excess, default=None)


def _same(mean: Floats) -> Floats:
    return mean
