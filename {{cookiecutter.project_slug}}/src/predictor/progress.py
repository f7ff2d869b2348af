"""A sign of life while something takes long."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

SECONDS = 8.0


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
