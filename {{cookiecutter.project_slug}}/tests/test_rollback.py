from pathlib import Path

import pytest
from copies import NAME, InterruptError, copy_of, interrupted, require_agreement, versions
from test_cli import predictor, python

from predictor import release
from predictor.errors import PredictorError
from predictor.project import Project
from predictor.promote import promote
from predictor.registry.connection import connect
from predictor.registry.history import history
from predictor.registry.lock import alone
from predictor.registry.recovery import WHY
from predictor.registry.rollback import rollback
from predictor.release import Pointer
from predictor.report import readme

LIGHT = """
import sys
from pathlib import Path
from predictor.project import Project
from predictor.registry.rollback import rollback
rollback(Project(Path(sys.argv[1])), None)
print([name for name in ("mlflow", "pandas", "sklearn", "fastapi") if name in sys.modules])
"""


@pytest.fixture
def project(twice: Project, tmp_path: Path) -> Project:
    return copy_of(twice, tmp_path)


def pointer(project: Project) -> Pointer:
    found = release.pointer(project.models)
    assert found is not None
    return found


def test_a_rollback_brings_back_the_champion_before_everywhere(project: Project) -> None:
    require_agreement(project, "2")
    rollback(project, "too many alarms")
    require_agreement(project, "1")
    reign = pointer(project).reigns[-1]
    assert (reign.version, reign.how) == ("1", "rolled back")
    assert reign.why == "rolled back from version 2: too many alarms"


def test_the_command_rolls_back_without_what_takes_long_to_import(project: Project) -> None:
    run = python(project.root, "-c", LIGHT, str(project.root))
    assert run.stdout.splitlines()[-1] == "[]", run.stdout + run.stderr
    require_agreement(project, "1")


def test_a_second_rollback_says_that_nobody_is_left(project: Project) -> None:
    rollback(project, None)
    with pytest.raises(PredictorError, match="no champion before version 1 to go back to"):
        rollback(project, None)
    require_agreement(project, "1")


def test_a_version_that_was_rolled_back_is_not_promoted_again(project: Project) -> None:
    rollback(project, "too many alarms")
    verdict = promote(project)
    assert [finding.rule for finding in verdict.broken] == ["not rolled back"]
    assert "too many alarms" in verdict.broken[0].sentence
    require_agreement(project, "1")
    assert versions(project) == ["1", "2"]


@pytest.mark.parametrize(("step", "then"), [((release, "point"), "1"), ((readme, "show"), None)])
def test_an_interrupted_rollback_is_completed_by_the_next_promotion(
    project: Project, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], then: str | None
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(*step, interrupted)
        with pytest.raises(InterruptError):
            rollback(project, None)
    assert not promote(project).promotes  # the candidate is the one that was rolled back
    require_agreement(project, "1")
    assert (pointer(project).reigns[-1].why == WHY) == (then is not None)


def test_an_interrupted_promotion_is_completed_before_it_is_rolled_back(
    registered: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copy_of(registered, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(release, "point", interrupted)
        with pytest.raises(InterruptError):
            promote(project)
    rollback(project, None)
    require_agreement(project, "1")
    assert [reign.version for reign in pointer(project).reigns] == ["1", "2", "1"]


def test_a_broken_champion_before_stops_the_rollback_in_time(project: Project) -> None:
    (release.folder_of(project.models, "1") / "model.onnx").write_bytes(b"")
    with pytest.raises(PredictorError, match=r"model\.onnx changed after it was written"):
        rollback(project, None)
    require_agreement(project, "2")


def test_a_release_that_is_not_here_is_fetched(project: Project) -> None:
    release.folder_of(project.models, "1").rename(project.root / "gone")
    rollback(project, None)
    require_agreement(project, "1")


def test_a_version_that_the_registry_lost_is_not_gone_back_to(project: Project) -> None:
    connect(project, NAME).client.delete_model_version_tag(NAME, "1", "bundle")
    with pytest.raises(PredictorError, match="The registry has no version 1 of small-table to go"):
        rollback(project, None)
    require_agreement(project, "2")


def test_a_rollback_waits_for_no_promotion(project: Project) -> None:
    with alone(project.models), pytest.raises(PredictorError, match="is at work in this project"):
        rollback(project, None)


def test_a_registry_without_champion_is_named(project: Project) -> None:
    connect(project, NAME).client.delete_registered_model_alias(NAME, "champion")
    with pytest.raises(PredictorError, match="The registry has no champion of small-table"):
        rollback(project, None)


def test_the_history_shows_who_reigned_until_when_and_why(project: Project) -> None:
    rollback(project, None)
    reigns = pointer(project).reigns
    first, second, third = (f"{reign.since:%Y-%m-%d %H:%M}" for reign in reigns)
    head, *rows = history(project).splitlines()
    assert head.split() == ["version", "how", "since", "until", "why"]
    assert [row.split() for row in rows] == [
        ["1", "promoted", *first.split(), *second.split(), *reigns[0].why.split()],
        ["2", "promoted", *second.split(), *third.split(), *reigns[1].why.split()],
        ["*", "1", "rolled", "back", *third.split(), "rolled", "back", "from", "version", "2"],
    ]
    assert reigns[1].why.endswith("of the champion (version 1)")


def test_history_and_rollback_say_what_to_do_before_the_first_promotion(project: Project) -> None:
    (project.models / release.POINTER).unlink()
    assert predictor(project.root, "history").stdout == (
        "No model has been promoted in this project yet: `uv run predictor pipeline` makes one.\n"
    )
    run = predictor(project.root, "rollback")
    assert run.returncode == 1
    assert run.stderr.startswith("error: No model has been promoted in this project yet, so ")
