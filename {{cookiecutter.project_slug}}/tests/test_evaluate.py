import json
from pathlib import Path

import pandas as pd
import pytest

from predictor import task
from predictor.bundle import Bundle
from predictor.evaluate import evaluate
from predictor.paths import CANDIDATE, CURVES, EXAMPLE, PREPARED, REPORTS
from predictor.report import read_evaluation
from predictor.schema import TARGET, TIME, Row


def test_the_metrics_are_those_of_the_candidate_on_the_test_rows(promoted: Path) -> None:
    evaluation, candidate = read_evaluation(REPORTS), Bundle.load(CANDIDATE)
    test = pd.read_parquet(PREPARED / "test.parquet")
    problem, truth = candidate.metadata.problem, task.truth(test[TARGET])
    assert evaluation.model == pytest.approx(task.metrics(truth, candidate.predict(test), problem))
    assert (evaluation.bundle, evaluation.rows) == (candidate.identity, len(test))
    assert evaluation.first == (test[TIME].min().date() if TIME else None)


def test_each_baseline_is_compared_by_each_measure(promoted: Path) -> None:
    evaluation = read_evaluation(REPORTS)
    for name in ("linear", "dummy"):
        found = evaluation.difference(name, task.LOSS)
        assert found.ours == pytest.approx(evaluation.model[task.LOSS])
        assert found.theirs == pytest.approx(getattr(evaluation, name)[task.LOSS])
        assert found.low - 1e-6 <= found.ours - found.theirs <= found.high + 1e-6


def test_the_example_has_the_typical_value_of_each_column(promoted: Path) -> None:
    example = json.loads((REPORTS / EXAMPLE).read_text())
    columns = Bundle.load(CANDIDATE).reference["columns"]
    assert example == {name: column["typical"] for name, column in columns.items()}
    assert Row.model_validate_json((REPORTS / EXAMPLE).read_bytes())


def test_the_same_run_draws_the_same_picture(promoted: Path) -> None:
    before = (REPORTS / CURVES).read_bytes()
    evaluate()
    assert (REPORTS / CURVES).read_bytes() == before
