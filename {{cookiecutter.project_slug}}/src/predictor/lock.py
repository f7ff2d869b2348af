"""One process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from predictor.errors import PredictorError


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Run the block while no other process runs it for this folder.

    Raises:
        PredictorError: another one does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / f".{what}.lock", timeout=0):
            yield
    except filelock.Timeout as error:
        raise PredictorError(
            f"Another `predictor {what}` is at work in this project: wait until it has ended."
        ) from error
