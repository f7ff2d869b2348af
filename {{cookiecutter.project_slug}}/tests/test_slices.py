import numpy as np
import pytest
import tables

from predictor.contract import Contract
from predictor.data.targets import Outputs, Truth
from predictor.evaluation.answers import Answers
from predictor.evaluation.slices import losses, sliceable


def answers(truth: Truth, outputs: Outputs) -> Answers:
    return Answers(truth, model=outputs, linear=outputs, dummy=np.full_like(outputs, 0.5))


def test_slices_come_from_the_categories_and_booleans_of_the_contract(contract: Contract) -> None:
    assert sliceable(contract) == ["class", "größe", "is.open"]


def test_the_worst_slice_comes_first_with_its_loss(contract: Contract) -> None:
    rows = tables.rows(400)
    truth = np.tile([0.0, 1.0], 200)
    wrong = np.where(rows["class"] == "B", 0.9, 0.1)
    outputs = np.abs(truth - wrong).reshape(-1, 1)
    found = losses(contract, rows, answers(truth, outputs), fewest=50)
    assert (found.loc[0, "column"], found.loc[0, "value"]) == ("class", "B")
    assert found.loc[0, "loss"] == pytest.approx(-np.log(0.1))
    assert found.loc[0, "dummy"] == pytest.approx(-np.log(0.5))
    assert found.loc[0, "rows"] == (rows["class"] == "B").sum()
    assert found["loss"].is_monotonic_decreasing


def test_small_slices_are_left_out(contract: Contract) -> None:
    rows = tables.rows(100)
    outputs = np.full((100, 1), 0.5)
    found = losses(contract, rows, answers(np.tile([0.0, 1.0], 50), outputs), fewest=40)
    assert set(found["column"]) == {"class", "is.open"}
