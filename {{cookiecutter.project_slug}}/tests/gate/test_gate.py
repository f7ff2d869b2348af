from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from predictor import task
from predictor.bundle import Bundle
from predictor.comparison import Difference
from predictor.features import CATEGORIES
from predictor.gate import rules
from predictor.paths import CANDIDATE, PARAMS, PREPARED, REPORTS
from predictor.report import read_evaluation
from predictor.rules import Exam


@pytest.fixture
def exam(promoted: Path) -> Exam:
    test = pd.read_parquet(PREPARED / "test.parquet")
    return Exam(Bundle.load(CANDIDATE), "r", read_evaluation(REPORTS), test, "none")


def limit(**limits: float) -> None:
    params = YAML(typ="safe").load(PARAMS)
    params["gate"] |= limits
    YAML(typ="safe").dump(params, PARAMS)


def test_a_good_model_passes_every_rule(exam: Exam) -> None:
    limit(slice_rows=20)
    findings = [rule(exam) for rule in rules.RULES]
    assert [each.rule for each in findings if not each.holds] == []


@pytest.mark.parametrize(("ours", "holds"), [(399.0, True), (400.0, False), (401.0, False)])
def test_decisions_must_be_better_than_without_a_model(
    exam: Exam, ours: float, holds: bool
) -> None:
    found = Difference("dummy", task.HEADLINE, ours, 400, -9, 9, 0.95, "9 days")
    changed = exam.evaluation.model_copy(update={"differences": [found]})
    assert rules.worth_it(replace(exam, evaluation=changed)).holds is holds


@pytest.mark.parametrize(
    ("rule", "limits"),
    [
        (rules.calibrated, {"calibration_error": 1e-9}),
        (rules.fast, {"latency_ms": 1e-9}),
        (rules.small, {"bundle_mb": 1e-9}),
    ],
)
def test_an_exceeded_limit_is_reported_with_both_numbers(
    exam: Exam, rule: object, limits: dict[str, float]
) -> None:
    assert callable(rule)
    assert rule(exam).holds
    limit(**limits)
    found = rule(exam)
    assert not found.holds
    assert "the limit is 1e-09" in found.sentence


@pytest.mark.skipif(not CATEGORIES, reason="no column has categories")
def test_a_slice_where_the_model_is_worse_than_the_dummy_is_named(
    exam: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(slice_rows=20)
    name, hit = CATEGORIES[0], exam.test[CATEGORIES[0]] == exam.test[CATEGORIES[0]].iloc[0]
    row_metrics = task.row_metrics

    def worse(truth: object, outputs: object, problem: object) -> dict[str, np.ndarray]:
        found = row_metrics(truth, outputs, problem)  # type: ignore[arg-type]
        if np.ptp(np.asarray(outputs)):
            found[task.LOSS] = found[task.LOSS] + 10 * hit.to_numpy()
        return found

    monkeypatch.setattr(task, "row_metrics", worse)
    found = rules.no_weak_slice(exam)
    assert not found.holds
    assert f": {name} is {exam.test[name].iloc[0]} ({hit.sum():,} rows)" in found.sentence
    assert pd.read_csv(rules.SLICES).iloc[0]["column"] == name


def test_the_slice_rule_holds_if_no_slice_is_large_enough(exam: Exam) -> None:
    limit(slice_rows=100_000)
    assert rules.no_weak_slice(exam).sentence == "no slice has 100,000 rows"


def test_the_calibration_error_of_probabilities() -> None:
    truth = np.repeat([0.0, 1.0], 50)
    assert rules.calibration_error(truth, truth, {}) == 0
    assert rules.calibration_error(truth, np.full(100, 0.9), {}) == pytest.approx(0.4)


def test_the_calibration_error_of_classes_uses_the_predicted_class() -> None:
    outputs = np.tile([0.7, 0.2, 0.1], (100, 1))
    truth = np.array([0.0] * 70 + [1.0] * 30)
    assert rules.calibration_error(truth, outputs, {}) == pytest.approx(0)
    assert rules.calibration_error(np.zeros(100), outputs, {}) == pytest.approx(0.3)


def test_the_calibration_error_of_a_regression_is_the_coverage_gap() -> None:
    truth, outputs = np.arange(10.0), np.zeros(10)
    rule = {"half_width": 7.0, "coverage": 0.9}
    assert rules.calibration_error(truth, outputs, rule) == pytest.approx(0.1)
