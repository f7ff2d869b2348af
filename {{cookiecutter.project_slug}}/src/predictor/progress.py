"""A sign of life while something takes long."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

logger = logging.getLogger(__name__)

SECONDS = 8.0
Batch = TypeVar("Batch", bound=Sized)


@contextmanager
def heartbeat(what: str, seconds: float = SECONDS) -> Iterator[None]:
    """Log `what`, and every few seconds that it still goes on, until the block ends."""
    logger.info("%s", what)
    done, start = threading.Event(), time.monotonic()

    def beat() -> None:
        while not done.wait(seconds):
            logger.info("  ... %.0f s", time.monotonic() - start)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def counted(
    batches: Iterable[Batch], total: int | None, seconds: float = SECONDS
) -> Iterator[tuple[int, Batch]]:
    """Yield each batch of rows after the number of rows before it, and log how far it is.

    `total` is the number of all rows, if that is known.
    """
    start = said = time.monotonic()
    done = 0
    for batch in batches:
        yield done, batch
        done += len(batch)
        now = time.monotonic()
        if now - said >= seconds:
            of, rate = f" of {total:,}" if total else "", done / (now - start)
            logger.info("  ... %s%s rows, %s a second", f"{done:,}", of, f"{rate:,.0f}")
            said = now
