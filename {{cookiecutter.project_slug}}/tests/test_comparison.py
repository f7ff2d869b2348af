import numpy as np
import pytest

from predictor.comparison import compare
from predictor.errors import PredictorError
from predictor.params import Evaluate
from predictor.task import Floats

PARAMS = Evaluate(confidence=0.95, resamples=1000, tolerance=0.01, slice_rows=10)


@pytest.fixture
def losses() -> Floats:
    return np.random.default_rng(1).normal(1, 0.5, 400)


def test_the_interval_holds_the_difference_of_the_means(losses: Floats) -> None:
    theirs = losses + np.random.default_rng(2).normal(0.1, 0.2, 400)
    found = compare("rival", "loss", (losses, theirs), (np.arange(400), "400 rows"), PARAMS)
    assert found.low < found.ours - found.theirs < found.high < 0
    # 1.96 standard errors on either side, by the normal approximation
    error = (losses - theirs).std() / 20
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_equal_losses_have_no_difference(losses: Floats) -> None:
    found = compare("rival", "loss", (losses, losses), (np.arange(400), "400 rows"), PARAMS)
    assert (found.ours - found.theirs, found.low, found.high) == (0, 0, 0)


def test_groups_of_dependent_rows_make_the_interval_wider(losses: Floats) -> None:
    theirs = losses + np.repeat(np.random.default_rng(3).normal(0, 0.2, 20), 20)
    alone = compare("rival", "loss", (losses, theirs), (np.arange(400), "rows"), PARAMS)
    together = compare("rival", "loss", (losses, theirs), (np.arange(400) // 20, "days"), PARAMS)
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_one_group_is_refused(losses: Floats) -> None:
    with pytest.raises(PredictorError, match="The test rows cover 1 day"):
        compare("rival", "loss", (losses, losses), (np.zeros(400, int), "1 day"), PARAMS)
