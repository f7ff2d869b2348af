"""A place for a few at a time; who finds it full is told so at once, and never waits."""

from types import TracebackType

from starlette.exceptions import HTTPException

from predictor.serve.problems import RETRY


class Turnstile:
    """`with turnstile:` lets `places` in at a time; for one event loop.

    Raises:
        HTTPException: 503, all places are taken.
    """

    def __init__(self, places: int) -> None:
        self._free = places

    def __enter__(self) -> None:
        if self._free == 0:
            raise HTTPException(503, "Enough is being answered: try again in a second.", RETRY)
        self._free -= 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._free += 1
