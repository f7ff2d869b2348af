"""What the gate is told, measured on the promoted project."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tables
from conftest import read_prepared
from copies import copy_of

from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.evaluation.answers import Answers
from predictor.evaluation.report import Evaluation
from predictor.gate.exam import Exam
from predictor.gate.examiner import Candidate, examine
from predictor.gate.latency import medians
from predictor.project import Project
from predictor.release import Champion


@pytest.fixture
def candidate(promoted: Project, champion: Champion) -> Candidate:
    return Candidate("2", champion.bundle, Evaluation.read(promoted.evaluation), None)


@pytest.fixture
def exam(promoted: Project, champion: Champion, candidate: Candidate) -> Exam:
    return examine(promoted, candidate, champion)


def test_the_numbers_are_those_of_the_report(exam: Exam, candidate: Candidate) -> None:
    report = candidate.evaluation
    assert exam.cost is not None
    compared = {"linear": exam.linear, "dummy": exam.dummy}
    for name, difference in compared.items():
        assert difference.ours == pytest.approx(report.model["log_loss"])
        assert difference.theirs == pytest.approx(getattr(report, name)["log_loss"])
        assert difference.low < difference.mean < difference.high
    assert exam.cost.ours == pytest.approx(report.model["cost_per_1000"])
    assert exam.cost.theirs == pytest.approx(report.dummy["cost_per_1000"])
    assert exam.calibration_error == report.model["calibration_error"]


def test_a_champion_that_is_the_same_bundle_differs_by_nothing(exam: Exam) -> None:
    assert exam.champion is not None
    assert exam.champion.loss is not None
    assert exam.champion.cost is not None
    for same in (exam.champion.loss, exam.champion.cost):
        assert (same.mean, same.low, same.high) == (0, 0, 0)
    assert exam.champion.calibration_error == pytest.approx(exam.calibration_error)


def test_the_worst_part_is_that_of_the_slices(exam: Exam, promoted: Project) -> None:
    slices = pd.read_csv(promoted.slices)
    excess = slices["loss"] / slices["dummy"] - 1
    worst = slices.iloc[int(excess.argmax())]
    assert exam.worst is not None
    assert exam.worst.name == f"{worst['column']} = {worst['value']}"
    assert exam.worst.excess == pytest.approx(excess.max(), abs=1e-4)


def test_a_champion_that_has_seen_the_test_is_not_asked(
    promoted: Project, champion: Champion, candidate: Candidate
) -> None:
    metadata = champion.bundle.metadata.model_copy(update={"trained_until": None})
    seen = replace(champion, bundle=replace(champion.bundle, metadata=metadata))
    found = examine(promoted, candidate, seen).champion
    assert found is not None
    assert (found.version, found.loss, found.burden) == ("1", None, None)
    assert found.obstacle


def test_answers_are_read_as_they_were_written(tmp_path: Path) -> None:
    truth, outputs = np.array([1.0, 2.0]), np.array([[1.0], [4.0]])
    contract = Contract.model_validate(tables.REGRESSION)
    answers = Answers(truth, model=outputs, linear=outputs + 1, dummy=outputs * 0)
    answers.write(tmp_path / "answers.parquet", contract)
    read = Answers.read(tmp_path / "answers.parquet", contract)
    for name in ("truth", "model", "linear", "dummy"):
        np.testing.assert_array_equal(getattr(read, name), getattr(answers, name))


@pytest.mark.parametrize("other", ["rows", "answers"])
def test_rows_and_answers_of_another_exam_are_refused(
    promoted: Project, candidate: Candidate, tmp_path: Path, other: str
) -> None:
    project = copy_of(promoted, tmp_path)
    if other == "rows":
        test = read_prepared(project, "test")
        test.iloc[:-1].to_parquet(project.prepared / "test.parquet", index=False)
    else:
        contract = candidate.bundle.contract
        answers = Answers.read(project.answers, contract)
        replace(answers, model=answers.linear).write(project.answers, contract)
    with pytest.raises(PredictorError, match="are not of one exam: run `uv run dvc repro`"):
        examine(project, candidate, None)


def test_missing_answers_are_said_with_the_way_out(
    promoted: Project, candidate: Candidate, tmp_path: Path
) -> None:
    project = copy_of(promoted, tmp_path)
    project.answers.unlink()
    with pytest.raises(PredictorError, match="run `uv run dvc repro evaluate`"):
        examine(project, candidate, None)


def test_equal_bundles_take_equally_long(champion: Champion, promoted: Project) -> None:
    rows = read_prepared(promoted, "test")
    first, second = medians([champion.bundle, champion.bundle], rows)
    assert 0.001 < first < 50
    assert 0.2 < first / second < 5
