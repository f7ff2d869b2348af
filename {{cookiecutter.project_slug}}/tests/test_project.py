from pathlib import Path

import pytest

from predictor.errors import PredictorError
from predictor.project import Project


def test_the_nearest_folder_above_with_a_contract_is_the_project(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.raw)
    assert Project.locate() == project


def test_from_elsewhere_the_installed_project_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Project.locate() == Project(Path(__file__).resolve().parents[1])


def test_a_named_folder_without_a_contract_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREDICTOR_PROJECT", str(tmp_path))
    with pytest.raises(PredictorError, match=r"which has no contract\.yaml"):
        Project.locate()
