import numpy as np
import pytest

from predictor import task
from predictor.task import Problem

PROBLEM = Problem(name="table", question="How much?", decision="Somebody decides.", unit="EUR")
TRUTH = np.array([1.0, 2, 3, 4])


def test_the_metrics_of_errors_of_one_and_two() -> None:
    found = task.metrics(TRUTH, np.array([2.0, 1, 5, 2]), PROBLEM)
    assert found.keys() == task.TITLES.keys()
    assert (found["mae"], found["squared_error"], found["r2"]) == (1.5, 2.5, -1)
    assert found["rmse"] == pytest.approx(2.5**0.5)


def test_the_interval_contains_new_values_as_often_as_it_says() -> None:
    errors = np.random.default_rng(0).normal(0, 3, 20_000)
    rule = task.decision_rule(PROBLEM, errors[:10_000], np.zeros(10_000))
    assert rule["coverage"] == task.COVERAGE
    observed = np.mean(np.abs(errors[10_000:]) <= rule["half_width"])
    assert observed == pytest.approx(task.COVERAGE, abs=0.01)


def test_with_few_rows_the_interval_is_as_wide_as_the_largest_error() -> None:
    rule = task.decision_rule(PROBLEM, TRUTH, np.zeros(4))
    assert rule["half_width"] == 4


def test_the_answer_has_an_interval_around_the_value() -> None:
    found = task.prediction(10.0, {"half_width": 2.0, "coverage": 0.9}, ["colour"], "1")
    assert found.model_dump() == {
        "value": 10.0,
        "low": 8.0,
        "high": 12.0,
        "coverage": 0.9,
        "unseen": ["colour"],
        "model_version": "1",
    }


def test_the_dummy_predicts_the_mean_in_training() -> None:
    np.testing.assert_array_equal(task.dummy(TRUTH, 2), [2.5, 2.5])


def test_the_outputs_of_onnx_are_one_dimensional() -> None:
    assert task.from_onnx([np.ones((3, 1), np.float32)]).shape == (3,)


def test_the_headline_has_the_unit_of_the_target() -> None:
    metrics = {"model": {"mae": 1234.5}, "dummy": {"mae": 2000.0}}
    assert task.headline(metrics, np.full(2, 50.0), PROBLEM) == (
        "The prediction is off by 1,234 EUR on average, and by 2,000 without a model (always 50)."
    )
