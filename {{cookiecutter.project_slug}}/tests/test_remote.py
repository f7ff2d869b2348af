"""What `predictor remote` does to a project, with a folder in the place of a cloud."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from predictor.adopt.documents import keeps_data_elsewhere
from predictor.errors import PredictorError
from predictor.project import Project
from predictor.workspace import remote
from predictor.workspace.place import Place, place_of

TABLE = b"height,age\n1,2\n"
MD5 = hashlib.md5(TABLE, usedforsecurity=False).hexdigest()
OBJECT = Path("files", "md5", MD5[:2], MD5[2:])
CONFIG = """[core]
    analytics = false
    remote = repository
['remote "repository"']
    url = remote
"""
POINTER = f"""outs:
- md5: {MD5}
  size: {len(TABLE)}
  hash: md5
  path: table.csv
"""
PACKAGE = """[dependency-groups]
train = ["dvc>=3.67"]
"""


@pytest.fixture
def adopted(project: Project) -> Project:
    """Return a fresh clone whose table lies only in the remote that adopt made."""
    files = {
        ".dvc/config": CONFIG.encode(),
        f".dvc/remote/{OBJECT.as_posix()}": TABLE,
        "data/table.csv.dvc": POINTER.encode(),
        "pyproject.toml": PACKAGE.encode(),
    }
    for name, content in files.items():
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_bytes(content)
    subprocess.run(["git", "init", "--quiet", str(project.root)], check=True)
    return project


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


def config(project: Project) -> str:
    return (project.root / ".dvc" / "config").read_text(encoding="utf-8")


def test_the_data_of_the_former_remote_moves_and_both_go_on_working(
    adopted: Project, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_of(adopted, str(shared))
    remote.connect(adopted, place)
    assert [path for path in shared.rglob("*") if path.is_file()] == [shared / OBJECT]
    assert (shared / OBJECT).read_bytes() == TABLE
    assert (adopted.root / ".dvc" / "remote" / OBJECT).read_bytes() == TABLE
    first = config(adopted)
    assert "remote = storage" in first
    assert "['remote \"repository\"']\n    url = remote\n" in first
    monkeypatch.setattr(remote, "run_dvc", lambda *_: None)
    remote.connect(adopted, place)
    assert config(adopted) == first


def test_a_push_that_fails_leaves_the_project_as_it_was(
    adopted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def adds(project: Project, *_: str) -> None:
        (project.root / "pyproject.toml").write_text("changed", encoding="utf-8")
        (project.root / "uv.lock").write_text("changed", encoding="utf-8")

    def fails(*_: object) -> None:
        assert "remote = storage" in config(adopted)
        raise PredictorError("no")

    monkeypatch.setattr(remote, "run_uv", adds)
    monkeypatch.setattr(remote, "_is_installed", lambda _: True)
    monkeypatch.setattr(remote, "_require_writable", lambda *_: None)
    monkeypatch.setattr(remote, "_move", lambda *_: None)
    monkeypatch.setattr(remote, "run_dvc", fails)
    with pytest.raises(PredictorError, match="no"):
        remote.connect(adopted, Place("s3://lake/rows", "s3", private={"profile": "me"}))
    assert config(adopted) == CONFIG
    assert (adopted.root / "pyproject.toml").read_text(encoding="utf-8") == PACKAGE
    assert not (adopted.root / "uv.lock").exists()
    assert not (adopted.root / ".dvc" / "config.local").exists()


def test_settings_that_do_not_go_together_are_refused(adopted: Project, shared: Path) -> None:
    bucket = CONFIG + "['remote \"storage\"']\n    url = s3://lake\n"
    (adopted.root / ".dvc" / "config").write_text(bucket, encoding="utf-8")
    local = adopted.root / ".dvc" / "config.local"
    local.write_text("['remote \"storage\"']\n    profile = me\n", encoding="utf-8")
    with pytest.raises(PredictorError, match=r"mend it first .*profile"):
        remote.connect(adopted, Place(shared.as_posix()))
    assert config(adopted) == bucket


def test_a_missing_library_is_added_where_the_versions_are_locked(
    adopted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(remote, "run_uv", lambda _, *arguments: asked.append(arguments))
    monkeypatch.setattr(remote, "_is_installed", lambda _: len(asked) == 2)
    monkeypatch.setattr(remote, "_require_writable", lambda *_: None)
    monkeypatch.setattr(remote, "_move", lambda *_: None)
    monkeypatch.setattr(remote, "run_dvc", lambda *_: None)
    remote.connect(adopted, Place("s3://lake/rows", "s3", private={"profile": "me"}))
    assert asked == [
        ("add", "--group", "train", "--no-sync", "dvc-s3"),
        ("sync", "--inexact", "--no-install-project"),
    ]
    assert "s3://lake/rows" in config(adopted)
    assert "profile" not in config(adopted)
    local = (adopted.root / ".dvc" / "config.local").read_text(encoding="utf-8")
    assert "profile = me" in local


class EndpointConnectionError(Exception):
    """Named as botocore names it."""


def test_a_fault_of_a_cloud_is_one_sentence(adopted: Project) -> None:
    place = place_of(adopted, "s3://lake/rows", "http://127.0.0.1:9")
    faults = {
        EndpointConnectionError("Could not connect"): "nothing answers at http://127.0.0.1:9",
        FileNotFoundError("The specified bucket does not exist"): "there is no 'lake'",
        PermissionError("Access Denied"): "may not write there",
        ValueError("odd\nand long"): "s3://lake/rows cannot be used: odd",
    }
    said = {fault: remote.explain(place, fault) for fault in faults}
    assert [part for fault, part in faults.items() if part not in said[fault]] == []
    assert "\n" not in "".join(said.values())


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("[core]\n    analytics = false\n", False),
        (CONFIG, False),
        (CONFIG.replace("remote = repository", "remote = storage"), True),
    ],
    ids=["none", "in the repository", "storage"],
)
def test_a_large_table_is_pushed_only_out_of_the_repository(text: str, elsewhere: bool) -> None:
    assert keeps_data_elsewhere(text) is elsewhere
