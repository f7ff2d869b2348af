import json
import shutil
from pathlib import Path

import mlflow
import numpy as np
import pytest
from conftest import README, read_prepared
from copies import (
    NAME,
    answering_like,
    copy_of,
    require_agreement,
    versions,
    with_another_candidate,
)

from predictor import release
from predictor.errors import PredictorError
from predictor.gate.verdict import Verdict
from predictor.project import Project
from predictor.promote import promote
from predictor.registry.connection import connect
from predictor.release import Champion


@pytest.fixture
def copy(promoted: Project, tmp_path: Path) -> Project:
    """Return a project that may be changed; its store is still empty."""
    leave_out = shutil.ignore_patterns("mlflow.db", "mlartifacts", "releases", "champion.json")
    return Project(Path(shutil.copytree(promoted.root, tmp_path / "copy", ignore=leave_out)))


def test_the_registered_champion_answers_on_a_frame(promoted: Project, champion: Champion) -> None:
    connect(promoted, "small-table")
    model = mlflow.pyfunc.load_model("models:/small-table@champion")
    test = read_prepared(promoted, "test").drop(columns="fails")
    answers = model.predict(test)["probability"]
    np.testing.assert_array_equal(answers, champion.bundle.predict(test)[:, 0])


def test_the_run_holds_what_is_needed_to_explain_it(promoted: Project) -> None:
    store = connect(promoted, "small-table")
    (run,) = store.client.search_runs([store.experiment])
    assert run.data.params["max_iter"] == "30"
    assert run.data.params["train.model"] == "hist_gradient_boosting"
    assert {"data_version", "git_commit", "bundle"} <= run.data.tags.keys()
    assert {"valid_roc_auc", "roc_auc"} <= run.data.metrics.keys()
    artifacts = {item.path for item in store.client.list_artifacts(run.info.run_id, "plots")}
    assert "plots/curves.png" in artifacts


def test_promoting_again_changes_nothing(promoted: Project, tmp_path: Path) -> None:
    project = copy_of(promoted, tmp_path)
    released = release.folder_of(project.models, "1") / release.RELEASE
    earlier = released.read_text(encoding="utf-8").replace('promoted": "20', 'promoted": "19')
    released.write_text(earlier, encoding="utf-8")
    assert promote(project).promotes
    before = project.readme.read_text(encoding="utf-8")
    assert "promoted 19" in before
    assert promote(project).promotes
    assert versions(project) == ["1"]
    assert project.readme.read_text(encoding="utf-8") == before


def test_a_worse_model_is_registered_and_not_crowned(promoted: Project, tmp_path: Path) -> None:
    project = with_another_candidate(copy_of(promoted, tmp_path))
    readme = project.readme.read_text(encoding="utf-8")
    verdict = promote(answering_like(project, "dummy"))
    assert [finding.rule for finding in verdict.broken] == [
        "better than dummy",
        "no worse than linear",
        "no worse than champion",
        "pays",
    ]
    assert (verdict.candidate, verdict.champion) == ("2", "1")
    require_agreement(project, "1")
    assert project.readme.read_text(encoding="utf-8") == readme
    assert Verdict.read(project.verdict) == verdict
    store = connect(project, NAME)
    tags = store.client.get_model_version(NAME, "2").tags
    assert tags["verdict"] == "refuse"
    assert {finding.rule: finding.sentence for finding in verdict.findings}.items() <= tags.items()


@pytest.mark.parametrize(
    "uri", ["nonsense", "foo://bar", "http://[", "postgresql://a:secret@127.0.0.1:9/x"]
)
def test_a_store_that_cannot_be_opened_is_one_sentence_without_a_password(
    copy: Project, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(PredictorError) as error:
        promote(copy)
    assert len(str(error.value).splitlines()) == 1
    assert "secret" not in str(error.value)


def test_a_damaged_store_is_one_sentence(copy: Project) -> None:
    (copy.root / "mlflow.db").write_bytes(b"not a database, but long enough to be read as one")
    with pytest.raises(PredictorError, match=r"damaged mlflow\.db may be deleted"):
        promote(copy)


def test_a_moved_project_is_told_to_begin_a_new_store(promoted: Project, tmp_path: Path) -> None:
    moved = Project(copy_of(promoted, tmp_path).root.rename(tmp_path / "moved"))
    with pytest.raises(PredictorError, match="this project was moved or copied: delete"):
        promote(moved)


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
