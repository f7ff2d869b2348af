"""The workflow of the generated project, run: green as it is pushed, red where it must be."""

import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from baking import text_of
from breakages import BREAKAGES, edit
from conftest import git, in_project
from containers import docker, has_engine, require_engine
from snapshot import TEMPLATE
from workflow.document import Workflow
from workflow.images import notes
from workflow.machine import Event
from workflow.runner import Result, Run, Runner

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pushed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what the owner pushes after `make` and one commit."""
    return clone(project, tmp_path_factory.mktemp("pushed") / "repository")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("green")


@pytest.fixture(scope="module")
def green(pushed: Path, folder: Path) -> Run:
    """Run all of ci.yml for the push, from nothing."""
    given: dict[str, Result] = {} if has_engine() else {"image": "success"}
    run = Runner(push(pushed), folder).run(ci(pushed), given)
    (TEMPLATE / "build" / "ci.txt").write_text(run.table() + "\n", encoding="utf-8")
    return run


@pytest.fixture(scope="module")
def home(green: Run, folder: Path) -> Path:
    """Return a home in which DVC has the results of the green run, so that nothing runs twice.

    With results of its own at hand, `dvc repro --pull` asks for a remote; this one is empty.
    """
    assert green.results["pipeline"] == "success"
    config = folder / "home" / ".config" / "dvc" / "config"
    config.parent.mkdir(parents=True)
    cache = folder / "pipeline-0" / "work" / "repository" / ".dvc" / "cache"
    remote = f"[core]\n    remote = empty\n['remote \"empty\"']\n    url = {folder / 'remote'}\n"
    (folder / "remote").mkdir()
    config.write_text(f"[cache]\n    dir = {cache}\n{remote}", encoding="utf-8")
    return folder / "home"


def clone(repository: Path, to: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", str(repository), str(to)], check=True)
    return to


def ci(repository: Path) -> Workflow:
    return Workflow.read(repository / ".github" / "workflows" / "ci.yml")


def release(repository: Path) -> Workflow:
    return Workflow.read(repository / ".github" / "workflows" / "release.yml")


def push(repository: Path) -> Event:
    sha = git(repository, "rev-parse", "main").strip()
    return Event(repository, "push", "refs/heads/main", sha)


def pull_request(repository: Path, fork: bool = False) -> Event:
    """Return the event of a pull request from branch `change`, merged as GitHub does it."""
    head = git(repository, "rev-parse", "change").strip()
    git(repository, "checkout", "--quiet", "--detach", "main")
    git(repository, "merge", "--quiet", "--no-ff", "--no-edit", "change")
    git(repository, "update-ref", "refs/pull/7/merge", "HEAD")
    sha = git(repository, "rev-parse", "HEAD").strip()
    owner = "stranger" if fork else "somebody"
    source = {"sha": head, "repo": {"full_name": f"{owner}/repository"}}
    payload = {"number": 7, "pull_request": {"number": 7, "head": source}}
    return Event(repository, "pull_request", "refs/pull/7/merge", sha, "main", payload)


def commit(repository: Path) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--no-verify", "--message", "Change")


def run_only(job: str, event: Event, folder: Path, home: Path) -> Run:
    """Run one job, on one Python, and the final one; the others have what they had when green."""
    given: dict[str, Result] = dict.fromkeys(("check", "pipeline", "image", "notebook"), "success")
    given["comment"] = "skipped"
    del given[job]
    if job == "image":
        shutil.copytree(home.parent / "artifacts" / "champion", folder / "artifacts" / "champion")
    if job == "pipeline" and event.name == "pull_request":
        del given["comment"]
    return Runner(event, folder, home, {"python": "3.11"}).run(ci(event.repository), given)


def test_a_first_push_is_green_without_a_manual_step(green: Run) -> None:
    assert green.results == {
        "check": "success",
        "pipeline": "success",
        "image": "success",
        "notebook": "success",
        "comment": "skipped",
        "all-green": "success",
    }, green.table()
    legs = {(leg.leg["os"], leg.leg["python"]): leg for leg in green.jobs["check"].legs}
    checked = legs["ubuntu-latest", "3.11"]
    assert checked.result == "success"
    assert "mypy --strict" in checked.log
    assert re.search(r"=== \d+ passed in ", checked.log)
    assert len(legs) == 5
    absent = [leg.why for leg in legs.values() if leg.result == "not here"]
    assert all(why.startswith(("it runs on ", "Python 3.")) for why in absent)


def test_the_summary_of_the_step_has_metrics_and_proofs(green: Run, pushed: Path) -> None:
    (leg,) = green.jobs["pipeline"].legs
    metrics = json.loads(text_of(pushed / "reports" / "evaluation.json"))["model"]
    assert f"| ROC AUC (higher is better) | {metrics['roc_auc']:.3f} | " in leg.summary
    assert "- ok: data/raw is the committed data, byte by byte" in leg.summary
    assert "**NO**" not in leg.summary


def test_the_image_of_the_judged_model_answers_as_the_project_does(green: Run) -> None:
    require_engine()
    (leg,) = green.jobs["image"].legs
    assert re.search(
        r"ready after .*, and answers as this project does: .*'model_version'", leg.log
    )
    assert leg.seconds < 180


def test_a_push_before_the_first_run_of_the_pipeline_is_green(
    pushed: Path, home: Path, tmp_path: Path
) -> None:
    repository = clone(pushed, tmp_path / "repository")
    first = git(repository, "rev-list", "--max-parents=0", "HEAD").strip()
    git(repository, "reset", "--quiet", "--hard", first)
    assert not (repository / "dvc.lock").exists()
    run = run_only("pipeline", push(repository), tmp_path / "run", home)
    assert run.results["pipeline"] == run.results["all-green"] == "success", run.table()
    assert "nothing is recorded yet: `uv run predictor pipeline` writes" in run.jobs["pipeline"].log


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_fault_turns_its_job_red_and_no_other(
    name: str, pushed: Path, home: Path, tmp_path: Path
) -> None:
    breakage = BREAKAGES[name]
    if breakage.job == "image":
        require_engine()
    repository = clone(pushed, tmp_path / "repository")
    breakage.change(repository)
    commit(repository)
    changed = git(repository, "diff", "--name-only", "origin/main").splitlines()
    assert changed
    assert not any(path.startswith(breakage.others_read) for path in changed)
    run = run_only(breakage.job, push(repository), tmp_path / "run", home)
    assert run.results[breakage.job] == "failure", run.table()
    assert run.results["all-green"] == "failure"
    assert breakage.says in run.jobs[breakage.job].log
    assert breakage.advises in run.jobs[breakage.job].log


def retrain(repository: Path, home: Path, **params: str) -> None:
    """Do what the owner does: change parameters, run the pipeline, commit everything."""
    for name, value in params.items():
        edit(repository, "params.yaml", rf"{name}: \S+", f"{name}: {value}")
    for command in (("sync", "--locked", "--quiet"), ("run", "predictor", "pipeline")):
        done = in_project(repository, "uv", *command, HOME=str(home), UV_CACHE_DIR=uv_cache())
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    commit(repository)


def uv_cache() -> str:
    return in_project(TEMPLATE, "uv", "cache", "dir").stdout.strip()


def test_a_model_worse_than_the_baseline_turns_the_pipeline_red(
    pushed: Path, home: Path, tmp_path: Path
) -> None:
    repository = clone(pushed, tmp_path / "repository")
    retrain(repository, home, learning_rate="0.005")
    run = run_only("pipeline", push(repository), tmp_path / "run", home)
    assert run.results["pipeline"] == run.results["all-green"] == "failure"
    assert run.jobs["pipeline"].legs[0].why.startswith("uv run predictor promote --strict")
    assert "the metrics are the committed ones" in run.jobs["pipeline"].log
    assert re.search(r"  NO  .*linear", run.jobs["pipeline"].log)


def test_a_pull_request_with_a_worse_model_is_red_and_its_comment_says_why(
    pushed: Path, home: Path, tmp_path: Path
) -> None:
    repository = clone(pushed, tmp_path / "repository")
    git(repository, "checkout", "--quiet", "-b", "change")
    retrain(repository, home, learning_rate="0.01")
    run = run_only("pipeline", pull_request(repository), tmp_path / "run", home)
    assert run.results["pipeline"] == run.results["all-green"] == "failure"
    assert run.jobs["pipeline"].legs[0].why.startswith("uv run predictor compare")
    assert "the model is worse than before: log_loss " in run.jobs["pipeline"].log
    assert run.results["comment"] == "success", run.jobs["comment"].log
    (call,) = calls(tmp_path / "run")
    assert call["arguments"][:5] == ["pr", "comment", "7", "--edit-last", "--create-if-none"]
    assert call["repository"] == "somebody/repository"
    assert "| | This run | `origin/main` | Linear | Dummy |" in call["body"]
    assert "- **NO**: the model is worse than before" in call["body"]
    assert "/reports/plots/curves.png)" in call["body"]


def calls(run: Path) -> list[dict[str, Any]]:
    log = run / "artifacts" / "gh.jsonl"
    return [json.loads(line) for line in text_of(log).splitlines()] if log.exists() else []


def test_a_pull_request_of_a_stranger_is_judged_and_gets_no_write_token(
    pushed: Path, home: Path, tmp_path: Path
) -> None:
    repository = clone(pushed, tmp_path / "repository")
    git(repository, "checkout", "--quiet", "-b", "change")
    (repository / "NOTES.md").write_text("A note.\n", encoding="utf-8")
    commit(repository)
    run = run_only("pipeline", pull_request(repository, fork=True), tmp_path / "run", home)
    assert run.results["pipeline"] == run.results["all-green"] == "success", run.table()
    assert run.results["comment"] == "skipped"
    assert calls(tmp_path / "run") == []


@pytest.fixture(scope="module")
def tagged(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Event:
    """Return the event of a tag on what was pushed."""
    repository = clone(pushed, tmp_path_factory.mktemp("tagged") / "repository")
    git(repository, "tag", "v1.2.3")
    sha = git(repository, "rev-parse", "HEAD").strip()
    return Event(repository, "push", "refs/tags/v1.2.3", sha)


@pytest.fixture(scope="module")
def released(tagged: Event, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run release.yml for the tag, and return the folder of the run."""
    folder = tmp_path_factory.mktemp("released")
    given: dict[str, Result] = {} if has_engine() else {"image": "success"}
    run = Runner(tagged, folder, home).run(release(tagged.repository), given)
    assert set(run.results.values()) == {"success"}, run.table() + run.jobs["image"].log
    return folder


def test_a_release_tells_the_metrics_and_how_to_run_it(released: Path, pushed: Path) -> None:
    (call,) = calls(released)
    assert call["arguments"][:4] == ["release", "create", "v1.2.3", "--verify-tag"]
    assert call["arguments"][-1] == "release/repository-1.2.3.tar.gz"
    metrics = json.loads(text_of(pushed / "reports" / "evaluation.json"))["model"]
    assert f"| ROC AUC (higher is better) | {metrics['roc_auc']:.3f} | " in call["body"]
    assert "**Promoted**" in call["body"]
    assert " ghcr.io/somebody/repository:v1.2.3\n" in call["body"]


def test_the_archive_of_a_release_is_the_champion_of_the_project(
    released: Path, project: Path
) -> None:
    name = "repository-1.2.3"
    with tarfile.open(released / "artifacts" / "release" / f"{name}.tar.gz") as archive:
        archive.extractall(released / "unpacked", filter="data")
    unpacked = released / "unpacked" / name
    assert sorted(path.name for path in unpacked.iterdir()) == ["champion.json", "releases"]
    model = Path("releases") / "1" / "model.onnx"
    assert (unpacked / model).read_bytes() == (project / "models" / model).read_bytes()


def test_the_image_of_a_release_is_labelled_and_vouched_for(released: Path, tagged: Event) -> None:
    require_engine()
    pushed, attested = notes(released / "artifacts")
    image = "ghcr.io/somebody/repository"
    assert pushed["pushed"] == [f"{image}:v1.2.3", f"{image}:latest"]
    assert attested == {"attested": image, "of": pushed["digest"]}
    (found,) = json.loads(docker("image", "inspect", str(pushed["digest"])))
    labels = found["Config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == tagged.sha
    assert labels["org.opencontainers.image.version"] == "v1.2.3"
    assert labels["org.opencontainers.image.licenses"] == "MIT"
    assert "PREDICTOR_SOURCE=/champion" in found["Config"]["Env"]


def test_a_release_started_by_hand_publishes_nothing(
    pushed: Path, home: Path, tmp_path: Path
) -> None:
    sha = git(pushed, "rev-parse", "main").strip()
    event = Event(pushed, "workflow_dispatch", "refs/heads/main", sha)
    run = Runner(event, tmp_path / "run", home).run(release(pushed), {"model": "success"})
    assert run.results == {"model": "success", "image": "skipped", "publish": "skipped"}
    assert calls(tmp_path / "run") == []
