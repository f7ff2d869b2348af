"""The champion over HTTP: `predictor serve`, or `uvicorn predictor.api:app`."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline

from predictor import parts
from predictor.bundle import Bundle, Metadata
from predictor.paths import CHAMPION
from predictor.schema import Flight
from predictor.task import Prediction

logger = logging.getLogger(__name__)

ROW_BYTES = 512 * (8 + len(Flight.model_fields))  # a name and its value take far less
SHOWN_ERRORS = 20
LOOK_SECONDS = 1.0
ERRORS = {status: {"description": HTTPStatus(status).phrase} for status in (400, 413, 503)}


@asynccontextmanager
async def follow_champion(app: FastAPI) -> AsyncIterator[None]:
    """Serve `models/champion`, or the folder in $PREDICTOR_MODEL, and follow its changes."""
    app.state.champion, app.state.failed_reloads, app.state.unseen = None, 0, Counter()
    folder = Path(os.environ.get("PREDICTOR_MODEL", CHAMPION))
    watcher = asyncio.create_task(watch(app, folder, look(app, folder, ())))
    yield
    watcher.cancel()


async def watch(app: FastAPI, folder: Path, seen: tuple[object, ...]) -> None:
    """Look for another champion every second."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        seen = await asyncio.to_thread(look, app, folder, seen)


def look(app: FastAPI, folder: Path, seen: tuple[object, ...]) -> tuple[object, ...]:
    """Load the champion unless its files are those that were `seen`; return what is seen now.

    What cannot be loaded is logged and counted once, and the champion before goes on answering.
    """
    now: tuple[object, ...] = ()
    try:
        stats = [path.stat() for path in sorted(folder.glob("*"))]
        now = tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in stats)
        if now and now != seen:
            app.state.champion = Bundle.load(folder)
            logger.info("version %s answers", app.state.champion.version)
    except Exception:  # whatever is wrong with a new champion, the service goes on looking
        app.state.failed_reloads += 1
        logger.exception("%s cannot be served", folder)
    return now


app = FastAPIOffline(
    title="Predictor", lifespan=follow_champion, max_body_size=ROW_BYTES, responses=ERRORS
)


def champion(request: Request) -> Bundle:
    """Return the champion; without one the answer is 503."""
    bundle: Bundle | None = request.app.state.champion
    if bundle is None:
        raise HTTPException(503, "There is no champion yet: run `uv run predictor promote`.")
    return bundle


def answer(request: Request, rows: Sequence[Flight]) -> list[Prediction]:
    """Answer for rows, and count the categories that training never saw."""
    predictions = champion(request).predict_rows(rows)
    request.app.state.unseen.update(name for each in predictions for name in each.unseen)
    return predictions


@app.post("/predict")
async def predict(flight: Flight, request: Request) -> Prediction:
    """Answer for one row."""
    return answer(request, [flight])[0]


@app.get("/model")
async def model(request: Request) -> Metadata:
    """Say what answers, and where it comes from."""
    return champion(request).metadata


@app.get("/health/live")
async def live() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "live"}


@app.get("/health/ready")
async def ready(request: Request) -> dict[str, str | int]:
    """Say that there is a model, and how many others could not be loaded."""
    version, failed = champion(request).version, request.app.state.failed_reloads
    return {"status": "ready", "model_version": version, "failed_reloads": failed}


@app.exception_handler(RequestValidationError)
async def unprocessable(_: Request, error: RequestValidationError) -> JSONResponse:
    """Name the first errors of a body without its values, which could be long."""
    errors = error.errors()
    shown = [{"loc": each["loc"], "msg": each["msg"], "type": each["type"]} for each in errors]
    if len(shown) > SHOWN_ERRORS:
        more = f"and {len(shown) - SHOWN_ERRORS:,} more errors"
        shown[SHOWN_ERRORS:] = [{"loc": ("body",), "msg": more, "type": "too_many_errors"}]
    return JSONResponse({"detail": shown}, 422)


for part in parts.find("api"):
    part.install(app)
