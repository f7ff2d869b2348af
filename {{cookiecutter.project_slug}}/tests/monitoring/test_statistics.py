from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import synthetic
from scipy.stats import chi2_contingency, false_discovery_control

from predictor import task
from predictor.bundle import Bundle
from predictor.monitoring.statistics import compare, expect, measure
from predictor.paths import CHAMPION
from predictor.schema import TARGET
from predictor.train import describe


def drift(before: pd.Series, now: pd.Series) -> dict[str, float]:
    return compare(now, describe(before), len(before))


def numbers(n: int, shift: float = 0, seed: int = 0) -> pd.Series:
    return pd.Series(np.random.default_rng(seed).normal(shift, 1, n))


def test_psi_effect_and_p_equal_values_worked_out_by_hand_and_scipys() -> None:
    found = drift(pd.Series(["a"] * 50 + ["b"] * 50), pd.Series(["a"] * 30 + ["b"] * 70))
    # (0.3 - 0.5) ln(0.3 / 0.5) + (0.7 - 0.5) ln(0.7 / 0.5); one row in five would have to change
    assert (found["psi"], found["effect"]) == pytest.approx((0.1694596, 0.2))
    expected = chi2_contingency([[30, 70], [50, 50]], correction=False)
    assert found["p"] == pytest.approx(expected.pvalue)


def test_a_shift_of_numbers_equals_that_of_their_bins() -> None:
    before, now = numbers(4000, seed=1), numbers(3000, 0.3, seed=2)
    edges = before.quantile(np.linspace(0, 0.95, 20)).tolist()
    bins = [-np.inf, *edges, np.inf]
    ours, theirs = (pd.cut(each, bins).value_counts(sort=False) for each in (now, before))
    found, expected = drift(before, now), chi2_contingency([ours, theirs], correction=False)
    assert found["p"] == pytest.approx(expected.pvalue)
    changed = np.abs(ours / 3000 - theirs / 4000).sum() / 2
    assert found["effect"] == pytest.approx(changed, abs=1e-4)  # an empty bin counts as 1e-4


def test_a_column_with_few_different_values_has_not_drifted_from_itself() -> None:
    rain = pd.Series(np.random.default_rng(0).choice([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2], 5000))
    found = drift(rain, rain.sample(2000, random_state=0))
    assert (found["psi"] < 0.01, found["effect"] < 0.02, found["p"] > 0.2) == (True, True, True)


def test_equal_values_raise_no_more_false_alarms_than_different_ones() -> None:
    rng, found = np.random.default_rng(0), []
    for _ in range(200):
        winds = pd.Series(rng.binomial(30, 0.4, 9000) * 1.15)
        found.append(drift(winds[:6000], winds[6000:])["p"])
    assert np.mean(np.array(found) < 0.05) <= 0.09  # 5 % and three standard errors


def test_missing_and_new_shares_are_those_of_the_rows() -> None:
    before, now = pd.Series([0.0, 1, 2, 3] * 25), pd.Series([0.0, 1, 9, np.nan])
    found = drift(before, now)
    assert (found["missing"], found["missing_before"]) == (0.25, 0)
    assert found["new"] == pytest.approx(1 / 3)
    assert drift(pd.Series(["a", "b"]), pd.Series(["a", "c"]))["new"] == 0.5


def test_rare_categories_are_tested_together() -> None:
    before = pd.Series(["a"] * 900 + [f"rare {i}" for i in range(100)])
    now = pd.Series(["a"] * 90 + [f"rare {i}" for i in range(10)])
    assert drift(before, now)["p"] == pytest.approx(1)


@pytest.mark.parametrize("before", [numbers(100), pd.Series(["a", "b"] * 50)])
def test_an_empty_column_is_missing_and_nothing_in_it_is_new(before: pd.Series) -> None:
    found = drift(before, before.mask(before == before))
    assert (found["missing"], found["new"], found["p"] < 1e-9) == (1, 0, True)


def false_alarms(shift: float, windows: int, columns: int = 5) -> int:
    """Count the windows in which a test is significant after the correction."""
    rng, significant = np.random.default_rng(0), 0
    for _ in range(windows):
        found = []
        for column in range(columns):
            now = rng.normal(shift if column == 0 else 0, 1, 1000)
            found.append(drift(pd.Series(rng.normal(0, 1, 3000)), pd.Series(now))["p"])
        significant += int(false_discovery_control(found).min() < 0.05)
    return significant


def test_false_alarms_stay_at_the_level_and_a_known_shift_is_found() -> None:
    assert false_alarms(0, 100) <= 100 * 0.05 + 2 * np.sqrt(100 * 0.05 * 0.95)
    assert false_alarms(0.3, 20) == 20


def test_a_metric_has_the_tasks_value_inside_an_interval_that_grows_with_the_groups(
    promoted: Path,
) -> None:
    rows, champion = synthetic.table(400, seed=5), Bundle.load(CHAMPION)
    truth, outputs = task.truth(rows[TARGET]), champion.predict(rows)
    problem = champion.metadata.problem
    alone = measure(truth, outputs, problem, np.arange(400))
    for name, value in task.metrics(truth, outputs, problem).items():
        assert alone[name][0] == value
        assert alone[name][1] < value < alone[name][2]
    # One of 20 equal rows in each group: a mean of 20 instead of 400 values.
    same = np.repeat(np.arange(20), 20)
    grouped = measure(truth[same], outputs[same], problem, same)[task.LOSS]
    single = measure(truth[same], outputs[same], problem, np.arange(400))[task.LOSS]
    assert (grouped[2] - grouped[1]) / (single[2] - single[1]) == pytest.approx(20**0.5, rel=0.4)


def test_calibrated_probabilities_promise_the_mean_of_both_outcomes(promoted: Path) -> None:
    champion = Bundle.load(CHAMPION)
    outputs, problem = champion.predict(synthetic.table(5000, seed=5)), champion.metadata.problem
    found = expect(outputs, problem)
    if synthetic.TARGET_TYPE is not bool:
        assert found.keys() == (task.TITLES.keys() if outputs.ndim > 1 else set())
        return
    by_class = [task.row_metrics(np.full(5000, each), outputs, problem) for each in (0.0, 1.0)]
    no, yes = (each[task.LOSS] for each in by_class)
    assert found[task.LOSS] == pytest.approx((no * (1 - outputs) + yes * outputs).mean(), rel=0.05)
