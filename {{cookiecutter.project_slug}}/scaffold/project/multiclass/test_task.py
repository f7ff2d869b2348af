import numpy as np
import pytest
from sklearn.metrics import log_loss

from predictor import task
from predictor.errors import PredictorError
from predictor.task import Problem

PROBLEM = Problem(name="table", question="Which one?", decision="Somebody decides.")
TRUTH = np.array([0.0, 1, 2, 2])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]])


@pytest.fixture(autouse=True)
def classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "CLASSES", ["red", "green", "3"])


def test_the_truth_is_the_position_of_the_class() -> None:
    np.testing.assert_array_equal(task.truth(["green", 3, "red"]), [1, 2, 0])


def test_the_decision_is_the_most_probable_class() -> None:
    found = task.prediction([0.2, 0.5, 0.3], {}, ["colour"], "1")
    assert found.model_dump() == {
        "probabilities": {"red": 0.2, "green": 0.5, "3": 0.3},
        "decision": "green",
        "unseen": ["colour"],
        "model_version": "1",
    }


def test_the_metrics_of_one_wrong_decision_in_four() -> None:
    found = task.metrics(TRUTH, PROBABILITIES, PROBLEM)
    assert found.keys() == task.TITLES.keys()
    assert (found["accuracy"], found["error_rate"]) == (0.75, 0.25)
    assert found["log_loss"] == pytest.approx(log_loss(TRUTH, PROBABILITIES))
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)


def test_a_certain_but_wrong_prediction_has_a_finite_loss() -> None:
    wrong = np.eye(3)[[1, 2, 0, 0]]
    losses = task.row_metrics(TRUTH, wrong, PROBLEM)["log_loss"]
    assert losses == pytest.approx(np.full(4, -np.log(1e-7)))


def test_the_dummy_predicts_the_shares_in_training() -> None:
    np.testing.assert_array_equal(task.dummy(TRUTH, 2), [[0.25, 0.25, 0.5]] * 2)


def test_a_class_without_a_training_row_is_an_error() -> None:
    class Model:
        classes_ = np.array([0.0, 2.0])

    with pytest.raises(PredictorError, match="No training row has the class green"):
        task.from_sklearn(Model(), None)


def test_the_headline_compares_the_accuracy_with_the_most_frequent_class() -> None:
    metrics = {"model": {"accuracy": 0.975}, "dummy": {"accuracy": 0.5}}
    assert task.headline(metrics, task.dummy(TRUTH, 1), PROBLEM) == (
        "97.5% of the decisions are right with the model and 50.0% without one (always '3')."
    )
