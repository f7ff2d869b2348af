import pandas as pd
import pytest

from predictor import models, params, task
from predictor.errors import PredictorError
from predictor.models import LINEAR, MODELS
from predictor.schema import TARGET


@pytest.fixture
def chosen(project: object) -> params.Train:
    return params.read(params.Train)


@pytest.mark.parametrize("name", MODELS)
def test_each_model_beats_the_dummy(name: str, chosen: params.Train, rows: pd.DataFrame) -> None:
    problem, truth = params.read(task.Problem), task.truth(rows[TARGET])
    answers = task.from_sklearn(models.fit(name, rows, chosen), models.frame(rows))
    losses = [
        task.row_metrics(truth, each, problem)[task.LOSS].mean()
        for each in (answers, task.dummy(truth, len(rows)))
    ]
    assert losses[0] < losses[1]


def test_the_same_seed_gives_the_same_model(chosen: params.Train, rows: pd.DataFrame) -> None:
    first, second = (models.fit(chosen.model, rows, chosen) for _ in range(2))
    inputs = models.frame(rows)
    assert (task.from_sklearn(first, inputs) == task.from_sklearn(second, inputs)).all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model": f"{LINEAR}s"}, f"got '{LINEAR}s'; did you mean '{LINEAR}'?"),
        ({"models": {LINEAR: {"max_iters": 1}}}, "Invalid parameter 'max_iters'"),
        ({"models": {LINEAR: {"max_iter": 0.5}}}, "cannot be fitted: The 'max_iter' parameter"),
    ],
    ids=["model", "argument", "value"],
)
def test_an_invalid_model_or_argument_gives_a_clear_error(
    chosen: params.Train, rows: pd.DataFrame, change: dict[str, object], sentence: str
) -> None:
    chosen = chosen.model_copy(update=change)
    with pytest.raises(PredictorError) as error:
        models.fit(chosen.model, rows, chosen)
    assert sentence in str(error.value)
