import numpy as np
import pytest
from sklearn.metrics import log_loss

from predictor import task
from predictor.task import Costs, Floats, Problem

PROBLEM = Problem(
    name="table",
    question="Will it?",
    decision="Somebody decides.",
    costs=Costs(false_alarm=1, miss=4, unit="hours"),
)
TRUTH = np.array([0.0, 0, 1, 1])


def test_the_threshold_is_where_both_mistakes_cost_the_same() -> None:
    threshold = PROBLEM.costs.threshold
    assert threshold == 0.2
    assert (1 - threshold) * PROBLEM.costs.false_alarm == threshold * PROBLEM.costs.miss


@pytest.mark.parametrize(
    ("probabilities", "cost"),
    [([0, 0, 1, 1], 0), ([1, 1, 1, 1], 500), ([0, 0, 0, 0], 2000), ([0.2, 0, 0.2, 1], 250)],
    ids=["perfect", "always", "never", "at the threshold"],
)
def test_the_cost_of_1000_decisions(probabilities: list[float], cost: float) -> None:
    found = task.row_metrics(TRUTH, np.array(probabilities, float), PROBLEM)
    assert found["cost_per_1000"].mean() == cost


def test_the_log_loss_is_that_of_scikit_learn() -> None:
    probabilities = np.array([0.1, 0.4, 0.35, 0.8])
    found = task.row_metrics(TRUTH, probabilities, PROBLEM)["log_loss"].mean()
    assert found == pytest.approx(log_loss(TRUTH, probabilities))


def test_a_certain_but_wrong_prediction_has_a_finite_loss() -> None:
    losses = task.row_metrics(TRUTH, 1 - TRUTH, PROBLEM)["log_loss"]
    assert losses == pytest.approx(np.full(4, -np.log(1e-7)))


def test_every_metric_has_a_title() -> None:
    assert task.metrics(TRUTH, TRUTH, PROBLEM).keys() == task.TITLES.keys()


def test_the_dummy_predicts_the_share_of_true_in_training() -> None:
    np.testing.assert_array_equal(task.dummy(TRUTH, 3), [0.5, 0.5, 0.5])


def test_the_decision_is_made_in_double_precision() -> None:
    single: Floats = task.from_onnx([np.zeros(1), np.array([[0.8, 0.2]], np.float32)])
    rule = task.decision_rule(PROBLEM)
    assert task.prediction(float(single[0]), rule, [], "1").decision
    assert not task.prediction(0.2 - 1e-9, rule, ["name"], "1").decision


@pytest.mark.parametrize(
    ("dummy", "without"), [(0.2, "acting on every row"), (0.19, "never acting")]
)
def test_the_headline_says_what_the_model_saves_and_against_what(
    dummy: float, without: str
) -> None:
    metrics = {"model": {"cost_per_1000": 590.4}, "dummy": {"cost_per_1000": 764.0}}
    assert task.headline(metrics, np.full(3, dummy), PROBLEM) == (
        f"1,000 decisions cost 590 hours with the model and 764 without one ({without}): -23%."
    )
