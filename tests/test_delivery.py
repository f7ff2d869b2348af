"""The workflows of the part `delivery`, run: proofs, comments on pull requests, releases."""

import json
import re
import shutil
from pathlib import Path

import pytest
from breakages import forged_metric, readme_sentence
from conftest import git, run
from workflow import pushing
from workflow.images import notes
from workflow.machine import Event
from workflow.pushing import calls, require_engine, run_workflow
from workflow.runner import Result, Run

pytestmark = pytest.mark.slow

TAG = "v1.2.3"
# Prints by how much the answers of two bundles to the test rows differ.
DIFFERENCE = """
import sys, pathlib, pandas, predictor.bundle
rows = pandas.read_parquet("data/prepared/test.parquet")
bundles = (predictor.bundle.Bundle.load(pathlib.Path(path)) for path in sys.argv[1:])
one, other = (bundle.predict(rows) for bundle in bundles)
print(abs(one - other).max())
"""


@pytest.fixture(scope="module")
def pushed(everything: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the repository of a project with every part, after `make` and one commit."""
    return pushing.push_project(everything, tmp_path_factory.mktemp("pushed") / "repository")


@pytest.fixture(scope="module")
def home(everything: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pushing.home_with_results(everything, tmp_path_factory.mktemp("home"))


def prove(repository: Path, folder: Path) -> Run:
    """Run delivery.yml for a push, from nothing."""
    return run_workflow("delivery", pushing.push(repository), folder)


def test_a_push_is_proven_and_its_page_shows_every_proof(pushed: Path, tmp_path: Path) -> None:
    found = prove(pushed, tmp_path)
    assert found.results == {"prove": "success", "comment": "skipped"}, found.jobs["prove"].log
    (leg,) = found.jobs["prove"].legs
    metrics = json.loads((pushed / "reports" / "evaluation.json").read_text())["model"]
    auc = f"{metrics['roc_auc']:.3f}"
    assert f"| ROC AUC (higher is better) | {auc} |" in leg.summary
    assert leg.summary.count("- ok: ") > 10
    assert "NO" not in leg.summary


def test_a_push_before_the_first_run_of_the_pipeline_is_proven(
    pushed: Path, tmp_path: Path
) -> None:
    repository = pushing.clone(pushed, tmp_path / "repository")
    pushing.forget_the_run(repository)
    found = prove(repository, tmp_path / "run")
    assert found.results["prove"] == "success", found.jobs["prove"].log


def test_a_parameter_that_changed_after_the_run_is_not_proven(pushed: Path, tmp_path: Path) -> None:
    repository = pushing.clone(pushed, tmp_path / "repository")
    pushing.edit(repository, "params.yaml", "confidence: 0.95", "confidence: 0.9")
    pushing.commit(repository)
    found = prove(repository, tmp_path / "run")
    assert found.results["prove"] == "failure"
    assert found.jobs["prove"].legs[0].why.startswith("uv run predictor prove")
    assert "params.yaml (evaluate) changed after the run" in found.jobs["prove"].log


def test_a_forgery_is_found_although_storage_has_every_result(
    pushed: Path, everything: Path, tmp_path: Path
) -> None:
    repository = pushing.clone(pushed, tmp_path / "repository")
    forged_metric(repository)
    readme_sentence(repository)
    (repository / ".dvc" / "config").write_text(
        f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {tmp_path / 'storage'}\n"
    )
    pushing.commit(repository)
    shutil.copytree(everything / ".dvc" / "cache" / "files", tmp_path / "storage" / "files")
    found = prove(repository, tmp_path / "run")
    log = found.jobs["prove"].log
    assert found.results["prove"] == "failure"
    assert "Running stage 'ingest'" not in log
    assert all(f"Running stage '{stage}'" in log for stage in ("prepare", "train", "evaluate"))
    assert "  ok  data: " in log
    assert re.search(r"  NO  metrics: .*model roc_auc 0\.95 -> 0\.7", log)
    assert "  NO  README.md: 'Compared with the linear model, the model is better: " in log
    assert re.search(r"  NO  MODEL_CARD.md: ' +value: 0\.7", log)


@pytest.fixture(scope="module")
def worse(
    pushed: Path, everything: Path, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a repository whose branch `change` has a worse model and a milder limit."""
    repository = pushing.clone(pushed, tmp_path_factory.mktemp("worse") / "repository")
    git(repository, "checkout", "--quiet", "-b", "change")
    pushing.edit(repository, "params.yaml", "bundle_mb: 50", "bundle_mb: 500")
    pushing.retrain(repository, everything, home, learning_rate="0.01")
    return repository


@pytest.fixture(scope="module")
def judged(worse: Path) -> Run:
    return run_workflow("delivery", pushing.pull_request(worse), worse.parent / "run")


def test_a_pull_request_with_a_worse_model_is_red_and_its_comment_says_why(
    worse: Path, judged: Run
) -> None:
    assert judged.results == {"prove": "failure", "comment": "success"}, judged.jobs["prove"].log
    assert judged.jobs["prove"].legs[0].why.startswith("uv run predictor compare")
    (call,) = calls(worse.parent / "run")
    assert call["arguments"][:5] == ["pr", "comment", "7", "--edit-last", "--create-if-none"]
    assert call["repository"] == "somebody/Repository"
    assert "| Model | Linear | Dummy | `origin/main` |" in call["body"]
    assert "- ok: README.md: " in call["body"]
    assert "- **NO**: not worse than origin/main: log_loss 0." in call["body"]
    assert "+  bundle_mb: 500 " in call["body"]


def test_a_pull_request_of_a_stranger_gets_no_write_token(
    worse: Path, judged: Run, tmp_path: Path
) -> None:
    event = pushing.pull_request(worse, owner="stranger/Repository")
    found = run_workflow("delivery", event, tmp_path, given={"prove": judged.jobs["prove"]})
    assert found.results["comment"] == "skipped"
    assert calls(tmp_path) == []


@pytest.fixture(scope="module")
def tagged(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = pushing.clone(pushed, tmp_path_factory.mktemp("tagged") / "repository")
    git(repository, "tag", TAG)
    return repository


@pytest.fixture(scope="module")
def released(tagged: Path) -> Path:
    """Run release.yml for the tag, and return the folder of the run."""
    image: dict[str, Result] = {} if pushing.has_engine() else {"image": "success"}
    folder = tagged.parent / "run"
    found = run_workflow("release", pushing.tag(tagged, TAG), folder, given=image)
    assert set(found.results.values()) == {"success"}, found.table() + found.jobs["model"].log
    return folder


def test_a_release_tells_the_metrics_and_how_to_run_it(released: Path) -> None:
    (call,) = calls(released)
    assert call["arguments"][:4] == ["release", "create", TAG, "--verify-tag"]
    assert call["arguments"][-1] == "champion.tar.gz"
    assert "| ROC AUC (higher is better) | 0." in call["body"]
    assert "- ok: README.md: " in call["body"]
    assert f" ghcr.io/somebody/repository:{TAG}\n" in call["body"]


def test_the_archive_of_a_release_answers_as_the_project_does(
    released: Path, everything: Path, tmp_path: Path
) -> None:
    done = run(tmp_path, "tar", "-xzf", f"{released}/artifacts/release/champion.tar.gz")
    assert done.returncode == 0, done.stderr
    paths = (tmp_path / "champion", everything / "models" / "champion")
    names = [{path.name for path in folder.iterdir()} for folder in paths]
    assert names[0] == names[1]
    python = str(everything / ".venv" / "bin" / "python")
    done = run(everything, python, "-c", DIFFERENCE, *map(str, paths))
    assert float(done.stdout) < 1e-6, done.stderr


def test_the_image_of_a_release_is_labelled_and_attested(released: Path, tagged: Path) -> None:
    require_engine()
    pushed, attested = notes(released / "artifacts")
    image = "ghcr.io/somebody/repository"
    assert pushed["pushed"] == [f"{image}:{TAG}", f"{image}:latest"]
    assert attested == {"attested": image, "of": pushed["digest"]}
    digest = str(pushed["digest"])
    (found,) = json.loads(run(tagged, "docker", "image", "inspect", digest).stdout)
    labels = found["Config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == git(tagged, "rev-parse", TAG).strip()
    command = ("docker", "run", "--rm", digest, "cat", "models/champion/promotion.json")
    assert json.loads(run(tagged, *command).stdout)["version"] == "1"


def test_a_tag_that_moved_stops_before_anything_is_pushed(
    tagged: Path, released: Path, tmp_path: Path
) -> None:
    repository = pushing.clone(tagged, tmp_path / "repository")
    (repository / "NOTES.md").write_text("A note.\n", encoding="utf-8")
    pushing.commit(repository)
    (tmp_path / "run" / "artifacts").mkdir(parents=True)
    shutil.copy(released / "artifacts" / "gh.jsonl", tmp_path / "run" / "artifacts")
    found = run_workflow("release", pushing.tag(repository, TAG), tmp_path / "run")
    assert found.results == {"model": "failure", "image": "skipped", "publish": "skipped"}
    assert f"{TAG} already has a release" in found.jobs["model"].log
    assert not (tmp_path / "run" / "model-0" / "work" / "repository" / "README.md").exists()
    assert len(calls(tmp_path / "run")) == 1
    assert notes(tmp_path / "run" / "artifacts") == []


def test_a_tag_on_another_model_than_the_champion_is_not_released(
    pushed: Path, tmp_path: Path
) -> None:
    repository = pushing.clone(pushed, tmp_path / "repository")
    pushing.edit(repository, "reports/champions.csv", r",\w{12},(\d{4}-)", r",000000000000,\1")
    pushing.commit(repository)
    found = run_workflow("release", pushing.tag(repository, TAG), tmp_path / "run")
    assert found.results == {"model": "failure", "image": "skipped", "publish": "skipped"}
    assert "is not the model of this commit" in found.jobs["model"].log


def test_a_release_started_by_hand_publishes_nothing(pushed: Path, tmp_path: Path) -> None:
    event = Event(pushed, "workflow_dispatch", "refs/heads/main", "")
    found = run_workflow("release", event, tmp_path, given={"model": "success"})
    assert found.results == {"model": "success", "image": "skipped", "publish": "skipped"}
