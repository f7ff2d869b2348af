"""Multiclass and regression, from documents to the HTTP answer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import make_project, read_prepared, run_pipeline
from fastapi.testclient import TestClient

from predictor import release
from predictor.contract import Contract
from predictor.evaluate import example
from predictor.params import Params
from predictor.project import Project
from predictor.score import score
from predictor.serve.app import create_app
from predictor.training.fitting import fit, outputs


@pytest.fixture(scope="module", params=["multiclass", "regression"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return run_pipeline(make_project(tmp_path_factory.mktemp("task"), request.param))


def answers(project: Project, n_rows: int) -> list[dict[str, object]]:
    champion = release.champion(project.models)
    client = TestClient(create_app(champion))
    test = read_prepared(project, "test")
    rows = [example(champion.bundle.contract, test[at : at + 1]) for at in range(n_rows)]
    return [client.post("/predict", json=row).json() for row in rows]


def test_bundle_answers_like_scikit_learn(project: Project) -> None:
    contract, params = Contract.read(project.contract), Params.read(project.params)
    rows = pd.concat([read_prepared(project, name) for name in ("train", "valid")])
    test = read_prepared(project, "test")
    expected = outputs(fit(contract, params, params.train.model, rows), contract, test)
    answered = release.champion(project.models).bundle.predict(test)
    assert answered.shape == (len(test), len(contract.outputs))
    np.testing.assert_allclose(answered, expected, rtol=1e-5, atol=1e-5)


def test_the_service_says_what_the_bundle_says(project: Project) -> None:
    champion = release.champion(project.models)
    expected = champion.bundle.predict(read_prepared(project, "test").head(5))
    for answer, row in zip(answers(project, 5), expected, strict=True):
        if champion.bundle.contract.task == "regression":
            interval = champion.bundle.interval
            assert answer == {
                "value": pytest.approx(row[0]),
                "low": pytest.approx(row[0] - interval.half_width),
                "high": pytest.approx(row[0] + interval.half_width),
                "coverage": 0.9,
                "unit": "mm",
                "model_version": "1",
                "request_id": "none",
            }
        else:
            classes = ("leak", "no", "rust")
            assert answer == {
                "prediction": classes[row.argmax()],
                "probabilities": dict(zip(classes, map(pytest.approx, row), strict=True)),
                "model_version": "1",
                "request_id": "none",
            }


def test_a_scored_table_says_what_the_service_says(project: Project, tmp_path: Path) -> None:
    score(project, project.prepared / "test.parquet", tmp_path / "out.parquet")
    found = pd.read_parquet(tmp_path / "out.parquet")
    for answer, row in zip(answers(project, 5), found.to_dict(orient="records"), strict=False):
        assert row["model_version"] == "1"
        assert row.get("prediction") == answer.get("prediction")
        if "value" in answer:
            said = [answer["value"], answer["low"], answer["high"]]
            assert [row["value"], row["low"], row["high"]] == pytest.approx(said, abs=1e-4)
        else:
            shares = {name: row[f"probability of {name}"] for name in ("leak", "no", "rust")}
            assert shares == pytest.approx(answer["probabilities"], rel=1e-5)


def test_the_interval_covers_what_it_promises(project: Project) -> None:
    champion = release.champion(project.models)
    if champion.bundle.contract.task == "multiclass":
        assert champion.bundle.metadata.interval is None
        return
    test = read_prepared(project, "test")
    errors = np.abs(champion.bundle.predict(test)[:, 0] - test["fails"])
    assert np.mean(errors <= champion.bundle.interval.half_width) == pytest.approx(0.9, abs=0.07)


def test_the_readme_shows_the_metrics_of_the_task(project: Project) -> None:
    text = project.readme.read_text(encoding="utf-8")
    metrics = release.champion(project.models).release.evaluation.model
    first = next(iter(metrics))
    title = {"macro_f1": "Macro F1", "mae": "Mean absolute error"}[first]
    assert title in text
    assert "ROC AUC" not in text
    assert (project.reports / "plots" / "curves.png").stat().st_size > 5000
