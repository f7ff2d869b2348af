"""The workflow ci.yml of the generated project, run: green as pushed, red where it must be."""

import re
from pathlib import Path

import pytest
from breakages import BREAKAGES
from snapshot import TEMPLATE
from workflow import pushing
from workflow.pushing import require_engine, run_workflow
from workflow.runner import Result, Run

pytestmark = pytest.mark.slow

GREEN: dict[str, Result] = {
    "check": "success",
    "pipeline": "success",
    "image": "success",
    "notebook": "success",
    "all-green": "success",
}
FORMS = ("core", "everything")


@pytest.fixture(scope="module")
def pushed(core: Path, everything: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a repository of each form, as it is after `make` and one commit."""
    folder = tmp_path_factory.mktemp("pushed")
    for form, project in zip(FORMS, (core, everything), strict=True):
        pushing.push_project(project, folder / form)
    return folder


@pytest.fixture(scope="module")
def home(core: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pushing.home_with_results(core, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("green")


@pytest.fixture(scope="module")
def green(pushed: Path, folder: Path) -> Run:
    """Run all of ci.yml for the push of the core, from nothing."""
    image: dict[str, Result] = {} if pushing.has_engine() else {"image": "success"}
    run = run_workflow("ci", pushing.push(pushed / "core"), folder, given=image)
    (TEMPLATE / "build").mkdir(exist_ok=True)
    (TEMPLATE / "build" / "ci.txt").write_text(run.table() + "\n", encoding="utf-8")
    return run


def test_the_push_of_a_core_project_is_green(green: Run) -> None:
    assert green.results == GREEN, green.table()
    linux, *others = green.jobs["check"].legs
    assert linux.result == "success"
    assert "mypy --strict" in linux.log
    assert re.search(r"\d+ passed", linux.log)
    assert [leg.leg["os"] for leg in others] == ["macos-latest", "windows-latest"]
    assert all(leg.result == "not here" for leg in others)
    assert "all 15 metrics equal the committed ones" in green.jobs["pipeline"].log
    assert "  ok  better than dummy" in green.jobs["pipeline"].log


def test_the_image_of_the_champion_answers_for_the_example(green: Run) -> None:
    require_engine()
    assert '"probability":' in green.jobs["image"].log


def test_the_push_of_a_project_with_every_part_is_green(
    pushed: Path, home: Path, tmp_path: Path
) -> None:
    image: dict[str, Result] = {} if pushing.has_engine() else {"image": "success"}
    event = pushing.push(pushed / "everything")
    run = run_workflow("ci", event, tmp_path, home, image)
    assert run.results == GREEN, run.table()


@pytest.mark.parametrize("form", FORMS)
def test_a_push_before_the_first_run_of_the_pipeline_is_green(
    form: str, pushed: Path, home: Path, tmp_path: Path
) -> None:
    repository = pushing.clone(pushed / form, tmp_path / "repository")
    pushing.forget_the_run(repository)
    # The checks of all parts are those of the core too.
    others = ("image", "notebook") if form == "everything" else ("image", "notebook", "check")
    given = dict.fromkeys(others, GREEN["check"])
    run = run_workflow("ci", pushing.push(repository), tmp_path / "run", home, given)
    assert run.results == GREEN, run.table() + run.jobs["pipeline"].log[-2000:]
    assert "no metrics are committed yet" in run.jobs["pipeline"].log


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_fault_turns_its_job_red(
    name: str, pushed: Path, folder: Path, home: Path, tmp_path: Path
) -> None:
    breakage, repository = BREAKAGES[name], pushing.clone(pushed / "core", tmp_path / "repository")
    if breakage.job == "image":
        require_engine()
        pushing.copy_artifact(folder, tmp_path / "run", "champion")
    breakage.change(repository)
    pushing.commit(repository)
    given = {job: how for job, how in GREEN.items() if job not in (breakage.job, "all-green")}
    # With the results of the true run at hand, DVC would not run what dvc.lock calls unchanged.
    cache = None if breakage.job == "pipeline" else home
    run = run_workflow("ci", pushing.push(repository), tmp_path / "run", cache, given)
    assert run.results == {**GREEN, breakage.job: "failure", "all-green": "failure"}, run.table()
    assert breakage.says in run.jobs[breakage.job].log


def test_a_model_that_the_gate_refuses_turns_the_pipeline_red(
    pushed: Path, core: Path, home: Path, tmp_path: Path
) -> None:
    repository = pushing.clone(pushed / "core", tmp_path / "repository")
    pushing.retrain(repository, core, home, learning_rate="0.001")
    given = dict.fromkeys(("check", "notebook"), GREEN["check"])
    run = run_workflow("ci", pushing.push(repository), tmp_path / "run", home, given)
    assert run.results["pipeline"] == run.results["all-green"] == "failure"
    assert run.results["image"] == "skipped"
    assert run.jobs["pipeline"].legs[0].why.startswith("uv run predictor promote --strict")
    assert "  NO  not worse than linear" in run.jobs["pipeline"].log
