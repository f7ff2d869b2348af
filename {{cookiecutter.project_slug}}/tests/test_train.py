from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from predictor import models, params, task, train
from predictor.bundle import Bundle, open_session
from predictor.errors import PredictorError
from predictor.features import CATEGORIES, KINDS, NUMBERS, encode
from predictor.paths import CANDIDATE, PREPARED
from predictor.schema import TIME


def test_onnx_and_scikit_learn_agree_also_for_missing_values(
    project: Path, rows: pd.DataFrame
) -> None:
    chosen = params.read(params.Train)
    for name in models.MODELS:
        pipeline = models.fit(name, rows, chosen)
        gaps = train.with_gaps(rows)
        session = open_session(train.export_onnx(pipeline))
        answered = task.from_onnx(session.run(None, encode(gaps)))
        np.testing.assert_allclose(
            answered, task.from_sklearn(pipeline, models.frame(gaps)), atol=1e-5
        )


def test_a_model_that_differs_in_onnx_is_rejected(project: Path, rows: pd.DataFrame) -> None:
    chosen = params.read(params.Train)
    pipeline, other = (models.fit(chosen.model, part, chosen) for part in (rows, rows[::2]))
    with pytest.raises(PredictorError, match=r"scikit-learn predict differently: .* of 1,800 rows"):
        train.require_parity(pipeline, train.export_onnx(other), rows)


def test_gaps_are_in_every_column_that_may_be_missing(rows: pd.DataFrame) -> None:
    gaps = train.with_gaps(rows)
    for name, kind in KINDS.items():
        hit = gaps[name].eq(train.UNSEEN) if name in CATEGORIES else gaps[name].isna()
        assert hit.any() == (kind not in (bool, int))


def test_the_metadata_says_where_the_model_comes_from(promoted: Path) -> None:
    metadata = Bundle.load(CANDIDATE).metadata
    rows = pd.concat([pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid")])
    assert metadata.train_rows == len(rows)
    assert metadata.trained_until == (rows[TIME].max().date() if TIME else None)
    assert metadata.problem == params.read(task.Problem)


def test_the_run_has_parameters_and_validation_metrics(promoted: Path) -> None:
    metadata, chosen = Bundle.load(CANDIDATE).metadata, params.read(params.Train)
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    run = mlflow.get_run(metadata.run_id).data
    assert (run.params["model"], run.params["seed"]) == (chosen.model, "2")
    assert run.metrics[f"valid_{task.LOSS}"] == metadata.valid_metrics[task.LOSS]
    assert run.metrics["parity"] < train.PARITY_TOLERANCE


def test_the_reference_describes_every_column(promoted: Path) -> None:
    reference = Bundle.load(CANDIDATE).reference
    assert reference["columns"].keys() == KINDS.keys()
    for name in (name for name in NUMBERS if KINDS[name] is not bool):
        assert (found := reference["columns"][name]["quantiles"]) == sorted(found)
    for name in CATEGORIES:
        assert sum(reference["columns"][name]["shares"].values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, None, 3.0, 2.0], {"missing": 0.25, "typical": 2, "quantiles": [1, 2, 3]}),
        ([None, None, None, 2.0], {"missing": 0.75, "typical": None, "quantiles": [2, 2, 2]}),
        (["b", "b", None, "b"], {"missing": 0.25, "typical": "b", "shares": {"b": 1}}),
        ([True, True], {"missing": 0, "typical": True, "shares": {"True": 1}}),
        (
            pd.to_datetime(["2024-01-01 12:00"]),
            {"missing": 0, "typical": "2024-01-01T12:00", "quantiles": ["2024-01-01T12:00"] * 3},
        ),
    ],
    ids=["numbers", "mostly missing", "names", "truths", "times"],
)
def test_a_column_is_described(
    values: list[object], expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "QUANTILES", [0, 0.5, 1])
    found = train.describe(pd.Series(values))
    assert {name: found[name] for name in expected} == expected
    assert type(found["typical"]) in (type(expected["typical"]), float)
