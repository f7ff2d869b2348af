"""The champion of an MLflow registry, kept as a models folder that the service reads.

The registry is asked every few seconds where `@champion` points, by a plain request: importing
MLflow takes seconds and 80 MB. Only when it has moved another process fetches that version, and
ends. What was fetched stays, so the service starts while the registry is down.
"""

import asyncio
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from predictor import release
from predictor.errors import PredictorError
from predictor.registry import alias
from predictor.release import Reign

logger = logging.getLogger(__name__)

SOURCE = re.compile(r"models:/(?P<name>[^/@]+)@champion")
WHY = "@champion of the registry"
FETCH_SECONDS = 300


@dataclass(frozen=True)
class Mirror:
    """Follows `@champion` of the model `name` at the tracking server `uri` into `models`."""

    name: str
    uri: str
    models: Path

    @classmethod
    def of(cls, source: str, cache: Path) -> "Mirror":
        """Read `models:/<name>@champion`; the server is that of `MLFLOW_TRACKING_URI`.

        Raises:
            PredictorError: it is written in another way, or no server is named.
        """
        found = SOURCE.fullmatch(source)
        uri = os.environ.get("MLFLOW_TRACKING_URI", "")
        if found is None:
            raise PredictorError(f"The source {source!r} is not like models:/<name>@champion.")
        if not uri:
            raise PredictorError(f"Where is {source}? Set MLFLOW_TRACKING_URI to its server.")
        return cls(found["name"], uri, cache / found["name"])

    @property
    def absence(self) -> str:
        """Why there may be no model yet."""
        return f"The champion of {self.name} has not arrived from the registry yet."

    async def watch(self, seconds: float) -> None:
        """Follow until cancelled; what goes wrong is logged once, and tried again."""
        told = ""
        while True:
            fault = await asyncio.to_thread(self._fault)
            if fault and fault != told:
                logger.error("the champion that is here goes on: %s", fault)
            told = fault
            await asyncio.sleep(seconds)

    def _fault(self) -> str:
        try:
            self.follow()
        except PredictorError as error:
            return str(error)
        return ""

    def follow(self) -> None:
        """Fetch the champion of the registry unless it is here, and point at it.

        Raises:
            PredictorError: the registry does not answer, has no champion, or has not all of it.
        """
        found = alias.at(self.uri, self.name)
        if found is None:
            raise PredictorError(
                f"{self.name} has no @champion in the registry yet: run `uv run predictor promote` "
                "with the same MLFLOW_TRACKING_URI."
            )
        is_here = release.is_here(self.models, found.version, found.bundle)
        if not is_here:
            self._fetch(found.version)
        pointer = release.pointer(self.models)
        if pointer is None or pointer.version != found.version or not is_here:
            reign = Reign(version=found.version, since=release.now(), how="promoted", why=WHY)
            release.point(self.models, (reign,))

    def _fetch(self, version: str) -> None:
        logger.info("fetching version %s of %s", version, self.name)
        command = [sys.executable, "-m", __name__, self.name, version, str(self.models)]
        try:
            done = subprocess.run(  # noqa: S603 (arguments are ours)
                command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise PredictorError(
                f"Version {version} did not arrive in {FETCH_SECONDS} s."
            ) from error
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["no reason given"]
            raise PredictorError(f"Version {version} was not fetched: {lines[-1]}")


def main(name: str, version: str, models: str) -> None:
    """Fetch one version: run as a process of its own, which gives its memory back."""
    from predictor.registry.fetching import fetch

    try:
        fetch(name, version, os.environ["MLFLOW_TRACKING_URI"], Path(models))
    except PredictorError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
