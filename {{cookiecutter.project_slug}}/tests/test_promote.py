import json
import shutil
from pathlib import Path

import mlflow
import numpy as np
import pytest
from conftest import README, read_prepared

from predictor import registry, release
from predictor.errors import PredictorError
from predictor.project import Project
from predictor.promote import promote
from predictor.release import Champion, NoChampionError


@pytest.fixture
def copy(promoted: Project, tmp_path: Path) -> Project:
    """Return a project that may be changed; its store is still empty."""
    leave_out = shutil.ignore_patterns("mlflow.db", "mlartifacts", "releases", "champion.json")
    return Project(Path(shutil.copytree(promoted.root, tmp_path / "copy", ignore=leave_out)))


def test_the_registered_champion_answers_on_a_frame(promoted: Project, champion: Champion) -> None:
    registry.connect(promoted, "small-table")
    model = mlflow.pyfunc.load_model("models:/small-table@champion")
    test = read_prepared(promoted, "test").drop(columns="fails")
    answers = model.predict(test)["probability"]
    np.testing.assert_array_equal(answers, champion.bundle.predict(test)[:, 0])


def test_the_run_holds_what_is_needed_to_explain_it(promoted: Project) -> None:
    store = registry.connect(promoted, "small-table")
    (run,) = store.client.search_runs([store.experiment])
    assert run.data.params["max_iter"] == "30"
    assert run.data.params["train.model"] == "hist_gradient_boosting"
    assert {"data_version", "git_commit", "bundle"} <= run.data.tags.keys()
    assert {"valid_roc_auc", "roc_auc"} <= run.data.metrics.keys()
    artifacts = {item.path for item in store.client.list_artifacts(run.info.run_id, "plots")}
    assert "plots/curves.png" in artifacts


def test_promoting_again_changes_nothing(promoted: Project) -> None:
    store = registry.connect(promoted, "small-table")
    before = promoted.readme.read_text(encoding="utf-8")
    assert promote(promoted)
    assert len(store.client.search_model_versions("name = 'small-table'")) == 1
    assert promoted.readme.read_text(encoding="utf-8") == before


def test_a_worse_model_is_registered_and_not_crowned(copy: Project) -> None:
    report = json.loads(copy.evaluation.read_text(encoding="utf-8"))
    report["linear"]["log_loss"] = 0.0
    copy.evaluation.write_text(json.dumps(report), encoding="utf-8")
    readme = copy.readme.read_text(encoding="utf-8")
    assert not promote(copy)
    assert registry.connect(copy, "small-table").champion() is None
    assert copy.readme.read_text(encoding="utf-8") == readme
    with pytest.raises(NoChampionError):
        release.champion(copy)


def test_a_report_of_another_bundle_is_refused(copy: Project) -> None:
    report = json.loads(copy.evaluation.read_text(encoding="utf-8"))
    copy.evaluation.write_text(json.dumps(report | {"bundle": "0"}), encoding="utf-8")
    with pytest.raises(PredictorError, match="is the report of another bundle"):
        promote(copy)


def test_a_readme_without_markers_stops_before_anything_changes(copy: Project) -> None:
    copy.readme.write_text("mine\n", encoding="utf-8")
    with pytest.raises(PredictorError, match=r"README\.md must have <!-- results:begin -->"):
        promote(copy)
    assert not (copy.root / "mlflow.db").exists()


def test_without_a_candidate_the_sentence_says_what_to_run(project: Project) -> None:
    with pytest.raises(PredictorError, match="run `uv run dvc repro` first"):
        promote(project)


def test_a_server_that_is_down_is_one_sentence(
    copy: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(PredictorError, match=r"No MLflow server answers at http://127\.0\.0\.1:9"):
        promote(copy)


def test_the_readme_says_what_the_champion_reached(promoted: Project, champion: Champion) -> None:
    text = promoted.readme.read_text(encoding="utf-8")
    reached = champion.release.evaluation
    assert f"| ROC AUC (higher is better) | **{reached.model['roc_auc']:.3f}** |" in text
    assert f'"model_version":"{champion.release.version}"' in text
    assert text.startswith(README[: README.index("old")])
    assert text.endswith("<!-- answer:end --> after\n")
