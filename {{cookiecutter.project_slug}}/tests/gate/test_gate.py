from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import synthetic
from ruamel.yaml import YAML

from predictor import task
from predictor.bundle import Bundle
from predictor.comparison import Difference, Slice, calibration
from predictor.evaluate import slices
from predictor.features import CATEGORIES, KINDS
from predictor.gate import rules
from predictor.paths import CANDIDATE, PARAMS, PREPARED, REPORTS
from predictor.report import read_evaluation
from predictor.rules import Exam

AMOUNTS = [name for name, kind in KINDS.items() if kind is float]


@pytest.fixture
def exam(promoted: Path) -> Exam:
    test = pd.read_parquet(PREPARED / "test.parquet")
    return Exam(Bundle.load(CANDIDATE), "r", read_evaluation(REPORTS), test, "none")


def limit(**limits: float) -> None:
    params = YAML(typ="safe").load(PARAMS)
    params["gate"] |= limits
    YAML(typ="safe").dump(params, PARAMS)


def test_a_good_model_passes_every_rule(exam: Exam) -> None:
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


@pytest.mark.parametrize(("excess", "holds"), [(0.04, True), (0.06, False)])
def test_a_slice_where_the_model_is_worse_than_the_dummy_is_named(
    exam: Exam, excess: float, holds: bool
) -> None:
    limit(slice_excess=0.05)
    worst = Slice("colour", "red", 1234, {task.LOSS: 0.6}, {task.LOSS: 0.5}, excess)
    changed = exam.evaluation.model_copy(update={"slices": [worst]})
    found = rules.no_weak_slice(replace(exam, evaluation=changed))
    assert found.holds is holds
    assert "worst slice of 1: colour is red (1,234 rows): " in found.sentence
    assert f" 0.6 against 0.5 of the dummy, +{excess:.1%}, the limit is +5.0%" in found.sentence


def test_the_slice_rule_holds_if_no_slice_is_large_enough(exam: Exam) -> None:
    changed = exam.evaluation.model_copy(update={"slices": []})
    found = rules.no_weak_slice(replace(exam, evaluation=changed))
    assert (found.holds, found.sentence) == (True, "no slice has enough rows")


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


def test_a_bin_has_the_jeffreys_interval_of_its_observed_share() -> None:
    found = calibration(np.repeat([1.0, 0.0], [3, 7]), np.full(10, 0.4))
    # In R: qbeta(c(.025, .975), 3.5, 7.5)
    expected = {"predicted": 0.4, "observed": 0.3, "rows": 10, "low": 0.0927, "high": 0.6058}
    assert found.to_dict("records") == [pytest.approx(expected, abs=1e-4)]


@pytest.mark.skipif(not (CATEGORIES and AMOUNTS), reason="no categories or no numbers")
def test_the_worst_slice_is_first_and_small_ones_are_left_out() -> None:
    test, names = synthetic.table(800), (CATEGORIES[0], AMOUNTS[0])
    test[names[0]], test[names[1]] = ["A"] * 200 + ["B"] * 595 + ["C"] * 5, np.arange(800.0)
    losses = {task.LOSS: np.where(np.arange(800) < 200, 0.9, 0.1)}
    found = slices(test, losses, {task.LOSS: np.full(800, 0.5)}, 10)
    assert found == sorted(found, key=lambda each: -each.excess)
    assert {(each.value, each.rows) for each in found if each.column in names} == {
        *(("A", 200), ("B", 595)),
        *((f"{low} to {low + 199}", 200) for low in range(0, 800, 200)),
    }
    worst = next(each for each in found if each.column == names[0])
    assert worst.value == "A"
    assert worst.model[task.LOSS] == pytest.approx(0.9)
    assert worst.excess == pytest.approx(0.8)
