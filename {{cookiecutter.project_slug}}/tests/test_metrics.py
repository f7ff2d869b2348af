import numpy as np
import pytest
import tables

from predictor.bundle import Interval
from predictor.contract import Contract, Costs
from predictor.evaluation.metrics import (
    calibration_curve,
    calibration_error,
    cost_per_1000,
    interval_half_width,
    loss,
    measure,
    multiclass,
    regression,
    row_losses,
)

COSTS = Costs(false_alarm=1, miss=3, unit="hours")


def test_cost_counts_false_alarms_and_misses_at_the_threshold() -> None:
    truth = np.array([1.0, 1, 0, 0])
    probabilities = np.array([0.9, 0.1, 0.25, 0.1])  # found, missed, false alarm, left alone
    assert cost_per_1000(truth, probabilities, COSTS) == 1000 * (3 + 1) / 4


def test_calibration_error_is_the_weighted_gap_of_the_bins() -> None:
    truth = np.array([0.0, 0, 1, 1])
    probabilities = np.array([0.1, 0.3, 0.6, 0.8])
    assert calibration_error(truth, probabilities, bins=2) == pytest.approx((0.2 + 0.3) / 2)


def test_bins_hold_equal_numbers_of_rows_even_for_equal_probabilities() -> None:
    curve = calibration_curve(np.tile([0.0, 1.0], 5), np.full(10, 0.4), bins=5)
    assert curve["rows"].tolist() == [2, 2, 2, 2, 2]


def test_the_best_class_is_compared_with_the_true_one() -> None:
    truth = np.array([0.0, 1, 2, 2])
    outputs = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.1, 0.1, 0.8], [0.5, 0.3, 0.2]])
    metrics = multiclass(truth, outputs, bins=2)
    assert metrics["accuracy"] == 3 / 4
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert metrics["log_loss"] == pytest.approx(-np.log([0.8, 0.6, 0.8, 0.2]).mean())


def test_regression_errors_are_in_the_unit_of_the_target() -> None:
    metrics = regression(np.array([1.0, 3.0]), np.array([2.0, 0.0]), None)
    assert metrics == pytest.approx({"mae": 2, "rmse": np.sqrt(5), "r2": 1 - 10 / 2})


def test_the_interval_holds_the_promised_share_of_unseen_rows() -> None:
    random = np.random.default_rng(1)
    seen, unseen = random.normal(size=5000), random.normal(size=5000)
    half_width = interval_half_width(seen, np.zeros(5000), coverage=0.8)
    assert np.mean(np.abs(unseen) <= half_width) == pytest.approx(0.8, abs=0.02)


def test_the_classes_are_calibrated_if_the_surest_is_right_as_often_as_it_says() -> None:
    outputs = np.array([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1]])
    metrics = multiclass(np.array([0.0, 1.0]), outputs, bins=1)
    assert metrics["calibration_error"] == pytest.approx(abs((0.8 + 0.6) / 2 - 1 / 2))


def test_a_value_is_calibrated_if_the_interval_keeps_its_promise() -> None:
    interval = Interval(coverage=0.9, half_width=1)
    metrics = regression(np.array([1.0, 3.0, 5.0, 7.0]), np.array([1.0, 3.5, 6.0, 9.0]), interval)
    assert metrics["calibration_error"] == pytest.approx(0.9 - 3 / 4)


@pytest.mark.parametrize("task", tables.CONTRACTS)
def test_the_losses_of_the_rows_add_up_to_the_loss(task: str) -> None:
    contract = Contract.model_validate(tables.CONTRACTS[task])
    random = np.random.default_rng(1)
    outputs = random.dirichlet(np.ones(3), 50).astype(np.float32)[:, : len(contract.outputs)]
    truth = random.integers(0, 2, 50).astype(float)
    mean = row_losses(contract, truth, outputs).mean()
    whole = np.sqrt(mean) if task == "regression" else mean
    assert whole == pytest.approx(loss(contract, truth, outputs), rel=1e-6)


def test_few_rows_that_are_calibrated_are_not_called_otherwise() -> None:
    contract = Contract.model_validate(tables.CONTRACT)
    random = np.random.default_rng(2)
    errors = []
    for _ in range(100):
        probabilities = random.uniform(0.1, 0.6, 60)
        truth = (random.random(60) < probabilities).astype(float)
        metrics = measure(contract, truth, probabilities[:, None], bins=10)
        errors.append(metrics["calibration_error"])
    assert np.quantile(errors, 0.9) < 0.1
