import shutil
from pathlib import Path

import pytest

from predictor import release
from predictor.errors import PredictorError
from predictor.project import Project
from predictor.release import Champion, NoChampionError, Pointer, Reign


def reign(version: str) -> Reign:
    return Reign(version=version, since=release.now(), how="promoted", why="It is better.")


def test_a_folder_that_is_no_project_can_be_read(promoted: Project, tmp_path: Path) -> None:
    shutil.copytree(promoted.models / release.RELEASES, tmp_path / release.RELEASES)
    shutil.copyfile(promoted.models / release.POINTER, tmp_path / release.POINTER)
    found, original = release.champion(tmp_path), release.champion(promoted.models)
    assert found.bundle.identity == original.bundle.identity
    assert found.release == original.release


def test_a_release_holds_what_the_readme_shows(champion: Champion, promoted: Project) -> None:
    assert champion.example.read_bytes() == promoted.example.read_bytes()
    plots = promoted.reports / "plots"
    assert champion.curves.read_bytes() == (plots / "curves.png").read_bytes()


def test_a_release_is_never_written_again(champion: Champion, tmp_path: Path) -> None:
    later = champion.release.model_copy(update={"promoted": release.now()})
    first = release.publish(tmp_path, champion.bundle, champion.release, {})
    assert release.publish(tmp_path, champion.bundle, later, {}).release == first.release


def test_every_reign_is_remembered(tmp_path: Path) -> None:
    reigns = (reign("1"), reign("2"))
    release.point(tmp_path, reigns)
    assert release.pointer(tmp_path) == Pointer(version="2", reigns=reigns)


def test_a_pointer_without_reigns_is_read(tmp_path: Path) -> None:
    (tmp_path / release.POINTER).write_text('{"version": "3"}', encoding="utf-8")
    assert release.pointer(tmp_path) == release.Pointer(version="3", reigns=())


def test_a_damaged_pointer_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / release.POINTER).write_text("{", encoding="utf-8")
    with pytest.raises(PredictorError, match=r"^champion\.json, line 1: not JSON"):
        release.champion(tmp_path)


def test_nothing_promoted_is_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(NoChampionError, match="uv run predictor pipeline"):
        release.champion(tmp_path)


def test_a_packed_champion_comes_alone(promoted: Project, tmp_path: Path) -> None:
    models = Path(shutil.copytree(promoted.models, tmp_path / "models"))
    shutil.copytree(models / "releases" / "1", models / "releases" / "2")
    release.pack(models, tmp_path / "packed")
    packed, original = release.champion(tmp_path / "packed"), release.champion(models)
    assert packed.bundle.identity == original.bundle.identity
    names = {path.name for path in (tmp_path / "packed").rglob("*") if path.is_dir()}
    assert names == {"releases", "1"}
