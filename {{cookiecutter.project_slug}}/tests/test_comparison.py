import numpy as np
import pandas as pd
import pytest

from predictor.gate.comparison import Bootstrap, Floats, Groups, group
from predictor.gate.exam import Difference

N = 2000
RANDOM = np.random.default_rng(3)
HARDNESS = RANDOM.gamma(2, 1, N)  # what a row costs anybody


def same(mean: Floats) -> Floats:
    return mean


def compared(ours: Floats, theirs: Floats, groups: Groups | None = None) -> Difference:
    bootstrap = Bootstrap(groups or group(None, len(ours)), confidence=0.95, resamples=400)
    return bootstrap.difference("other", "loss", ours, theirs, same)


def width(found: Difference) -> float:
    return found.high - found.low


def test_the_interval_covers_the_known_difference_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    covered = 0
    for _ in range(100):
        theirs = random.normal(1.0, 1, 200)
        found = compared(theirs + random.normal(-0.1, 0.5, 200), theirs)
        covered += found.low <= -0.1 <= found.high
    assert 88 <= covered <= 100


def test_rows_that_both_find_hard_do_not_blur_the_difference() -> None:
    ours, theirs = HARDNESS + RANDOM.normal(-0.1, 0.1, N), HARDNESS
    unpaired = compared(RANDOM.permutation(ours), theirs)
    assert width(compared(ours, theirs)) < width(unpaired) / 5


def test_equal_rows_of_a_day_count_once() -> None:
    per_day = RANDOM.normal(-0.1, 1, 40)
    gain = np.repeat(per_day, 50)
    days = Groups(np.repeat(np.arange(40), 50), "40 days")
    by_day, by_row = compared(gain, np.zeros(N), days), compared(gain, np.zeros(N))
    assert width(by_day) > 4 * width(by_row)
    once = compared(per_day, np.zeros(40))
    assert (by_day.low, by_day.high) == pytest.approx((once.low, once.high))


def test_two_equal_models_differ_by_exactly_nothing() -> None:
    found = compared(HARDNESS, HARDNESS.copy())
    assert (found.mean, found.low, found.high) == (0, 0, 0)


def test_the_measure_is_that_of_all_rows_and_the_seed_makes_it_repeatable() -> None:
    errors, others = HARDNESS**2, (HARDNESS + 0.2) ** 2
    bootstrap = Bootstrap(group(None, N), confidence=0.9, resamples=200)
    found = bootstrap.difference("other", "rmse", errors, others, np.sqrt)
    assert found == bootstrap.difference("other", "rmse", errors, others, np.sqrt)
    assert found.ours == pytest.approx(np.sqrt(errors.mean()))
    assert found.low < found.mean < found.high


def test_more_confidence_makes_a_wider_interval() -> None:
    def at(confidence: float) -> Difference:
        bootstrap = Bootstrap(group(None, N), confidence, resamples=400)
        return bootstrap.difference("other", "loss", HARDNESS, HARDNESS[::-1], same)

    assert width(at(0.8)) < width(at(0.99))


def test_many_rows_dealt_out_spread_like_rows_on_their_own() -> None:
    gain = np.random.default_rng(5).normal(0, 1, 20_000)
    dealt = compared(gain, np.zeros(20_000))
    assert width(dealt) == pytest.approx(2 * 1.96 / np.sqrt(20_000), rel=0.15)


@pytest.mark.parametrize(("days", "unit"), [(12, "12 days"), (3, "rows, as 3 days are too few")])
def test_few_days_are_not_resampled_and_that_is_said(days: int, unit: str) -> None:
    times = pd.Series(pd.date_range("2024-03-01", periods=days * 24, freq="h"))
    groups = group(times, len(times))
    assert groups.unit == unit
    assert len(set(groups.codes)) == (days if days > 10 else days * 24)


def test_one_row_proves_nothing() -> None:
    found = compared(np.array([0.1]), np.array([0.9]))
    assert (found.low, found.high) == (-np.inf, np.inf)
