from typing import get_args

import pytest
import tables

from predictor.contract import Contract, Task
from predictor.errors import PredictorError
from predictor.params import Params
from predictor.training.export import prove_parity, to_bytes, with_gaps
from predictor.training.fitting import fit
from predictor.training.models import FAMILIES, build


@pytest.mark.parametrize(
    ("task", "model"),
    [
        (task, model)
        for task in get_args(Task)
        for model, family in FAMILIES.items()
        if family.estimator(task)
    ],
)
def test_onnx_answers_like_scikit_learn(task: str, model: str, params: Params) -> None:
    rows, contract = tables.rows_for(task), Contract.model_validate(tables.CONTRACTS[task])
    pipeline = fit(contract, params, model, rows)
    parity = prove_parity(pipeline, to_bytes(pipeline, contract), contract, rows, 1e-5)
    assert parity.rows == 2 * len(rows)


def test_an_export_of_another_model_is_refused(contract: Contract, params: Params) -> None:
    rows = tables.rows()
    pipeline = fit(contract, params, "hist_gradient_boosting", rows)
    other = to_bytes(fit(contract, params, "hist_gradient_boosting", rows[:500]), contract)
    with pytest.raises(PredictorError, match="The ONNX model is not the scikit-learn model: row"):
        prove_parity(pipeline, other, contract, rows, 1e-5)


def test_parity_is_tried_on_gaps_and_unseen_names(contract: Contract) -> None:
    rows = tables.rows(100).assign(pressure=1.0, größe="klein")
    gaps = with_gaps(rows, contract)
    assert gaps["pressure"].isna().sum() == 20
    assert (~gaps["größe"].isin(rows["größe"])).sum() == 20
    assert gaps["class"].isin(["A", "B"]).all()


def test_an_unknown_model_is_refused_with_the_nearest(contract: Contract) -> None:
    with pytest.raises(
        PredictorError, match=r"got 'random_forrest' \(did you mean 'random_forest'"
    ):
        build(contract, "random_forrest", {}, seed=1)


def test_an_unknown_argument_is_refused_with_the_nearest(contract: Contract) -> None:
    with pytest.raises(
        PredictorError, match=r"unknown argument 'max_itr' \(did you mean 'max_iter'"
    ):
        build(contract, "hist_gradient_boosting", {"max_itr": 3}, seed=1)


def test_an_illegal_argument_is_a_sentence(contract: Contract, params: Params) -> None:
    illegal = params.model_copy(update={"models": {"logistic_regression": {"C": -1.0}}})
    with pytest.raises(PredictorError, match="logistic_regression cannot be fitted: The 'C' param"):
        fit(contract, illegal, "logistic_regression", tables.rows(100))
