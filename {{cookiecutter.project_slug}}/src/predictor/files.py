"""Writing so that a killed process leaves the old content or the new, never half of it."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `target` once the block has succeeded.

    A process that is killed between the two renames leaves the old content in a folder
    beside `target` whose name begins with a dot.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        fresh, old = scratch / "new", scratch / "old"
        fresh.mkdir()
        yield fresh
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def replacing_file(target: Path) -> Iterator[Path]:
    """Yield an empty file that takes the place of `target` once the block has succeeded.

    A process that is killed leaves `target` as it was, and beside it a file whose name begins
    with a dot.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        scratch.chmod(target.stat().st_mode if target.exists() else 0o644)
        scratch.replace(target)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def write_text(target: Path, text: str) -> None:
    """Replace the text file in one step, with Unix line ends and in UTF-8."""
    with replacing_file(target) as scratch:
        scratch.write_text(text, encoding="utf-8", newline="\n")


def write_json(target: Path, content: object) -> None:
    """Replace a JSON file that a person can read and git can compare."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(target, text + "\n")
