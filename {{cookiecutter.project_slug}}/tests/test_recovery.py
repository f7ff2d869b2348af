"""Changes of champion that are interrupted, and two at once."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from copies import (
    NAME,
    InterruptError,
    change_json,
    copy_of,
    interrupted,
    require_agreement,
    versions,
)

from predictor import promote as promotion
from predictor import release
from predictor.bundle import METADATA
from predictor.errors import PredictorError
from predictor.project import Project
from predictor.promote import promote
from predictor.registry.connection import connect
from predictor.registry.recovery import WHY
from predictor.registry.registry import Registry

# Stops after the alias has moved and before the pointer has, until it is killed.
STOPPING = """
import sys
from pathlib import Path
from predictor import release
from predictor.project import Project
from predictor.registry.rollback import rollback

def stop(*_):
    print("here", flush=True)
    sys.stdin.read()

release.point = stop
rollback(Project(Path(sys.argv[1])), None)
"""


@pytest.fixture
def project(registered: Project, tmp_path: Path) -> Project:
    return copy_of(registered, tmp_path)


@pytest.mark.parametrize(
    ("place", "step"),
    [
        (promotion, "_record"),
        (release, "publish"),
        (Registry, "log_release"),
        (Registry, "crown"),
        (release, "point"),
    ],
)
def test_a_promotion_interrupted_before_a_step_is_completed_by_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch, place: object, step: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, step, interrupted)
        with pytest.raises(InterruptError):
            promote(project)
    assert release.champion(project.models).release.version == "1"
    assert promote(project).promotes
    require_agreement(project, "2")
    assert versions(project) == ["1", "2"]


def test_a_promotion_interrupted_before_the_readme_is_completed_by_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def point_and_end(*arguments: Any) -> None:  # noqa: ANN401 (passed on)
        point(*arguments)
        raise InterruptError

    point = release.point
    with monkeypatch.context() as patch:
        patch.setattr(release, "point", point_and_end)
        with pytest.raises(InterruptError):
            promote(project)
    assert '"model_version":"1"' in project.readme.read_text(encoding="utf-8")
    assert promote(project).promotes
    require_agreement(project, "2")


def test_a_killed_rollback_let_nobody_in_and_is_completed_by_the_next_promotion(
    twice: Project, tmp_path: Path
) -> None:
    project = copy_of(twice, tmp_path)
    command = [sys.executable, "-c", STOPPING, str(project.root)]
    process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        assert process.stdout.readline().strip() == "here"
        with pytest.raises(PredictorError, match="Another `predictor promote` or"):
            promote(project)
    finally:
        process.kill()
        process.communicate()
    assert connect(project, NAME).champion() == "1"
    assert release.champion(project.models).release.version == "2"
    promote(project)
    require_agreement(project, "1")
    pointer = release.pointer(project.models)
    assert pointer is not None
    assert (pointer.reigns[-1].how, pointer.reigns[-1].why) == ("rolled back", WHY)
    assert versions(project) == ["1", "2"]


def test_a_promotion_that_cannot_be_shown_crowns_nobody(project: Project) -> None:
    project.example.write_text("{", encoding="utf-8")
    with pytest.raises(PredictorError, match=r"reports/example\.json is not a row"):
        promote(project)
    require_agreement(project, "1")
    assert not release.folder_of(project.models, "2").exists()


def test_a_champion_who_was_crowned_meanwhile_is_not_overwritten(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_release = Registry.log_release

    def slow(store: Registry, champion: release.Champion) -> None:
        log_release(store, champion)
        store.client.set_registered_model_alias(NAME, "champion", "2")

    monkeypatch.setattr(Registry, "log_release", slow)
    with pytest.raises(PredictorError, match="@champion is at version 2 and was at version 1"):
        promote(project)


def test_a_champion_of_another_registry_replaces_the_one_with_its_number(
    project: Project,
) -> None:
    folder = release.folder_of(project.models, "1")
    change_json(folder / METADATA, model="of another registry")
    promote(project)
    require_agreement(project, "2")
    pointer = release.pointer(project.models)
    assert pointer is not None
    assert [reign.why == WHY for reign in pointer.reigns] == [True, False]


def test_a_release_that_was_deleted_is_fetched_and_the_history_stays(project: Project) -> None:
    before = release.pointer(project.models)
    release.folder_of(project.models, "1").rename(project.root / "gone")
    promote(project)
    after = release.pointer(project.models)
    assert before is not None
    assert after is not None
    assert after.reigns[:-1] == before.reigns


def test_a_fresh_clone_fetches_the_champion_before_it_judges(
    project: Project,
) -> None:
    (project.models / release.POINTER).unlink()
    (project.models / release.RELEASES).rename(project.root / release.RELEASES)
    verdict = promote(project)
    assert verdict.champion == "1"
    require_agreement(project, "2")
    fetched, original = (release.load(each, "1") for each in (project.models, project.root))
    assert fetched.release == original.release
    assert fetched.bundle.identity == original.bundle.identity
    assert fetched.curves.read_bytes() == original.curves.read_bytes()
