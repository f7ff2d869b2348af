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
