import numpy as np
import pytest

from predictor.contract import Costs
from predictor.metrics import calibration_curve, calibration_error, cost_per_1000

COSTS = Costs(false_alarm=1, miss=3, unit="hours")


def test_cost_counts_false_alarms_and_misses_at_the_threshold() -> None:
    labels = np.array([True, True, False, False])
    probabilities = np.array([0.9, 0.1, 0.25, 0.1])  # found, missed, false alarm, left alone
    assert cost_per_1000(labels, probabilities, COSTS) == 1000 * (3 + 1) / 4


def test_calibration_error_is_the_weighted_gap_of_the_bins() -> None:
    labels = np.array([False, False, True, True])
    probabilities = np.array([0.1, 0.3, 0.6, 0.8])
    assert calibration_error(labels, probabilities, bins=2) == pytest.approx((0.2 + 0.3) / 2)


def test_bins_hold_equal_numbers_of_rows_even_for_equal_probabilities() -> None:
    curve = calibration_curve(np.arange(10) % 2 == 0, np.full(10, 0.4), bins=5)
    assert curve["rows"].tolist() == [2, 2, 2, 2, 2]
