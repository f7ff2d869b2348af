import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from predictor.monitoring.statistics import Drift, compare, correct, stability
from predictor.train import describe


def drift(before: pd.Series, now: pd.Series) -> Drift:
    return compare("x", now, describe(before), len(before))


def numbers(n: int, shift: float = 0, seed: int = 0) -> pd.Series:
    return pd.Series(np.random.default_rng(seed).normal(shift, 1, n))


def test_the_psi_equals_a_value_worked_out_by_hand() -> None:
    # (0.3 - 0.5) ln(0.3 / 0.5) + (0.7 - 0.5) ln(0.7 / 0.5)
    assert stability(np.array([0.3, 0.7]), np.array([0.5, 0.5])) == pytest.approx(0.1694596)


def test_cramers_v_and_p_equal_values_worked_out_by_hand_and_scipys() -> None:
    before = pd.Series(["a"] * 10 + ["b"] * 20)
    found = drift(before, pd.Series(["a"] * 20 + ["b"] * 10))
    expected = chi2_contingency([[10, 20], [20, 10]], correction=False)
    assert (found.effect, found.p) == pytest.approx((1 / 3, expected.pvalue))


@pytest.mark.parametrize("shift", [0.0, 0.2, 1.0])
def test_the_distance_and_its_p_are_close_to_scipys_for_all_rows(shift: float) -> None:
    before, now = numbers(4000, seed=1), numbers(3000, shift, seed=2)
    found, expected = drift(before, now), ks_2samp(before, now)
    assert found.effect == pytest.approx(expected.statistic, abs=0.02)
    assert (found.p < 0.01) == (expected.pvalue < 0.01)


def test_a_column_with_few_different_values_has_not_drifted_from_itself() -> None:
    rain = pd.Series(np.random.default_rng(0).choice([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2], 5000))
    found = drift(rain, rain.sample(2000, random_state=0))
    assert (found.psi < 0.01, found.effect < 0.02, found.p > 0.2) == (True, True, True)


def test_missing_unseen_and_out_of_range_shares_are_those_of_the_rows() -> None:
    before, now = pd.Series([0.0, 1, 2, 3] * 25), pd.Series([0.0, 1, 9, np.nan])
    found = drift(before, now)
    assert (found.missing, found.missing_before) == (0.25, 0)
    assert found.new == pytest.approx(1 / 3)
    assert drift(pd.Series(["a", "b"]), pd.Series(["a", "c"])).new == 0.5


def alarms(shift: float, windows: int, columns: int = 5) -> int:
    """Count the windows in which a test is significant after the correction."""
    significant = 0
    for seed in range(windows):
        pairs = [(numbers(3000, 0, seed * 20 + i), i) for i in range(columns)]
        found = [
            drift(before, numbers(1000, shift if i == 0 else 0, seed * 20 + 10 + i))
            for before, i in pairs
        ]
        significant += any(each.p < 0.05 for each in correct(found))
    return significant


def test_false_alarms_stay_at_the_level_and_a_known_shift_is_found() -> None:
    assert alarms(0, 100) <= 0.05 * 100 + 2 * np.sqrt(100 * 0.05 * 0.95)
    assert alarms(0.3, 30) == 30


def test_the_correction_is_that_of_benjamini_and_hochberg() -> None:
    made = [
        Drift(column="x", p=p, missing=0, missing_before=0, p_missing=q)
        for p, q in [(0.01, 0.04), (0.03, 0.5)]
    ]
    found = [p for each in correct(made) for p in (each.p, each.p_missing)]
    assert found == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_an_empty_column_has_no_drift_but_is_missing() -> None:
    found = drift(numbers(100), pd.Series([np.nan] * 50))
    assert (found.psi, found.p, found.missing, found.p_missing < 1e-9) == (0, 1, 1, True)
