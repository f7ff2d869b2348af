"""Changing many files so that a failure leaves every one of them as it was."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Transaction:
    """Remembers what was there before each change below `root`; see `transaction`."""

    def __init__(self, root: Path, backup: Path) -> None:
        self._root = root
        self._backup = backup
        self._before: dict[Path, bool] = {}

    def write(self, path: Path, text: str) -> None:
        """Replace or create a text file."""
        self.take(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")

    def copy(self, source: Path, path: Path) -> None:
        """Replace or create a file with the bytes of another."""
        self.take(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)

    def take(self, path: Path) -> None:
        """Move a file or folder aside; what is at `path` from now on is new."""
        if path in self._before:
            return
        self._before[path] = path.exists()
        if path.exists():
            aside = self._backup / path.relative_to(self._root)
            aside.parent.mkdir(parents=True, exist_ok=True)
            path.rename(aside)

    def keep(self, path: Path) -> None:
        """Remember the content of a file that others are about to change in place."""
        self.take(path)
        aside = self._backup / path.relative_to(self._root)
        if aside.exists():
            shutil.copy2(aside, path)

    def undo(self) -> None:
        """Put everything back."""
        for path, existed in reversed(self._before.items()):
            _remove(path)
            if existed:
                (self._backup / path.relative_to(self._root)).rename(path)


@contextmanager
def transaction(root: Path) -> Iterator[Transaction]:
    """Yield a transaction that is undone if the block fails, even by Ctrl-C."""
    # DVC reads every folder but its own: it must not find the old dvc.lock.
    scratch = root / ".dvc" / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    backup = Path(tempfile.mkdtemp(dir=scratch, prefix="adopt-"))
    changes = Transaction(root, backup)
    try:
        yield changes
    except BaseException:
        changes.undo()
        raise
    finally:
        shutil.rmtree(backup, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
