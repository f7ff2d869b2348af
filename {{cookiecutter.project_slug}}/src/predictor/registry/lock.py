"""One change of champion at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from predictor.errors import PredictorError


@contextmanager
def alone(models: Path) -> Iterator[None]:
    """Run the block while no other process changes the champion of this models folder.

    The operating system frees the lock of a process that is killed.

    Raises:
        PredictorError: another one does.
    """
    models.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(models / ".champion.lock", timeout=0):
            yield
    except filelock.Timeout as error:
        raise PredictorError(
            "Another `predictor promote` or `predictor rollback` is at work in this project: wait "
            "until it has ended."
        ) from error
