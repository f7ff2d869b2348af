import numpy as np
import pandas as pd
import pytest

from predictor import models, schema
from scaffold import first_model


@pytest.mark.parametrize(("late", "expected"), [(range(60), 5), (range(25, 60), 3), ([59], 0)])
def test_folds_by_time_fit_on_every_class(
    monkeypatch: pytest.MonkeyPatch, late: list[int], expected: int
) -> None:
    monkeypatch.setattr(first_model, "TARGET", "y")
    monkeypatch.setattr(first_model, "TIME", "t")
    monkeypatch.setattr(schema, "Target", bool)
    rows = pd.DataFrame({"t": range(60), "y": [at in late and at % 2 == 1 for at in range(60)]})
    found = first_model.folds(rows)
    assert len(found) == expected
    assert all(fit.max() < judge.min() for fit, judge in found)
    if not expected:
        assert first_model.choose(rows)[0] == models.LINEAR
    monkeypatch.setattr(schema, "Target", float)
    assert len(first_model.folds(rows.assign(y=rows["t"]))) == 5


@pytest.mark.parametrize(
    ("gains", "chosen"),
    [([0.1, 0.1, 0.1, 0.1, 0.1], True), ([0.5, -0.6, 0.6, -0.6, 0.2], False), ([-0.1] * 5, False)],
    ids=["always better", "better by chance", "worse"],
)
def test_another_model_must_be_better_by_more_than_chance(
    monkeypatch: pytest.MonkeyPatch, gains: list[float], chosen: bool
) -> None:
    folds = [(np.array([at]), np.array([at])) for at in range(5)]
    monkeypatch.setattr(first_model, "folds", lambda _: folds)
    other = next(name for name in models.MODELS if name != models.LINEAR)

    def loss(name: str, fit: pd.DataFrame, _: object) -> float:
        return float(fit.index[0] - gains[fit.index[0]] * (name == other))

    monkeypatch.setattr(first_model, "loss", loss)
    name, why = first_model.choose(pd.DataFrame({"x": range(5)}))
    assert name == (other if chosen else models.LINEAR)
    assert f"over 5 folds of the training rows: {models.LINEAR} 2" in why or name in why
