from pathlib import Path

import pytest

from predictor.files import replacing_folder, write_text


def write_half(target: Path) -> None:
    with replacing_folder(target) as folder:
        (folder / "new").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt


def test_a_failed_block_leaves_the_old_folder_and_no_scratch(tmp_path: Path) -> None:
    target = tmp_path / "data"
    target.mkdir()
    (target / "old").write_text("kept", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        write_half(target)
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == [
        "data",
        "data/old",
    ]


def test_a_folder_that_cannot_be_put_in_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "data"
    target.mkdir()
    (target / "old").write_text("kept", encoding="utf-8")
    rename = Path.rename

    def locked(self: Path, to: Path) -> Path:
        if self.name == "new":
            raise PermissionError
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", locked)
    with pytest.raises(PermissionError), replacing_folder(target):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "old"]


def test_a_finished_block_replaces_the_whole_folder(tmp_path: Path) -> None:
    target = tmp_path / "data"
    target.mkdir()
    (target / "old").write_text("gone", encoding="utf-8")
    with replacing_folder(target) as folder:
        (folder / "new").write_text("here", encoding="utf-8")
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_text_is_written_with_unix_line_ends_and_no_scratch(tmp_path: Path) -> None:
    target = tmp_path / "README.md"
    write_text(target, "one\ntwö\n")
    assert target.read_bytes() == "one\ntwö\n".encode()
    assert list(tmp_path.iterdir()) == [target]
