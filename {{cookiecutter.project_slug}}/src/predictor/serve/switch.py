"""The champion may change while the service runs: each request goes to one application, whole.

The pointer file is read every second. A new champion is loaded and asked once beside the old one;
only then do new requests go to it, while those that have begun end where they began.
"""

import asyncio
import gc
import logging
from pathlib import Path

from fastapi.dependencies import models as dependencies
from starlette.types import ASGIApp, Receive, Scope, Send

from predictor import release
from predictor.errors import PredictorError
from predictor.release import Champion, NoChampionError
from predictor.serve.answer import answer
from predictor.serve.app import create_app
from predictor.serve.explain import typical_row
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry

logger = logging.getLogger(__name__)


class Switch:
    """ASGI application: that of the present champion of a folder.

    `absence` says why there may be none yet, and what to do.

    Raises:
        PredictorError: the champion that is there at the start is broken.
    """

    def __init__(
        self, models: Path, settings: Settings, telemetry: Telemetry, absence: str = ""
    ) -> None:
        self.models, self.settings, self.telemetry = models, settings, telemetry
        self._serving: str | None = None
        self._refused = ""
        self._app: ASGIApp
        try:
            self._serve(release.champion(models))
        except NoChampionError as error:
            reason = PredictorError(absence) if absence else error
            logger.warning("%s", reason)
            self._app = create_app(reason, settings, telemetry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the application of this moment."""
        await self._app(scope, receive, send)

    async def watch(self) -> None:
        """Change over whenever the champion moves, until cancelled."""
        while True:
            await asyncio.sleep(self.settings.poll_seconds)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Change over if the champion has moved; one that is broken is refused, and tried again."""
        try:
            found = release.pointer(self.models)
            if found and found.version != self._serving:
                self._serve(release.champion(self.models))
                _let_go()
                self.telemetry.reloaded("done")
        except PredictorError as error:
            self._refuse(str(error))

    def _serve(self, champion: Champion) -> None:
        answer(champion, _columns(champion))
        app = create_app(champion, self.settings, self.telemetry)
        self.telemetry.serves(champion.release)
        self._app, self._serving, self._refused = app, champion.release.version, ""
        logger.info("version %s of %s answers", champion.release.version, champion.release.name)

    def _refuse(self, sentence: str) -> None:
        if sentence == self._refused:
            return
        self._refused = sentence
        self.telemetry.reloaded("refused")
        logger.error("the new champion is refused, the old one goes on: %s", sentence)


def _let_go() -> None:
    """Free the former champion, whose endpoints FastAPI remembers."""
    for each in vars(dependencies).values():
        forget = getattr(each, "cache_clear", None)
        if forget:
            forget()
    gc.collect()


def _columns(champion: Champion) -> dict[str, list[object]]:
    return {name: [value] for name, value in typical_row(champion.bundle).items()}
