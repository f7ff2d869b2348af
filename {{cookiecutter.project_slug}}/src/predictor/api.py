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

ROW_BYTES = 512 * (8 + len(Flight.model_fields))  # far more than any valid row needs
SHOWN_ERRORS = 20
RELOAD_SECONDS = 1.0
ERRORS = {status: {"description": HTTPStatus(status).phrase} for status in (400, 413, 503)}


@asynccontextmanager
async def follow_champion(app: FastAPI) -> AsyncIterator[None]:
    """Serve `models/champion`, or the folder in $PREDICTOR_MODEL, and reload it on changes."""
    app.state.champion, app.state.failed_reloads, app.state.unseen = None, 0, Counter()
    folder = Path(os.environ.get("PREDICTOR_MODEL", CHAMPION))
    watcher = asyncio.create_task(watch(app, folder, reload_champion(app, folder, ())))
    yield
    watcher.cancel()


async def watch(app: FastAPI, folder: Path, seen: tuple[object, ...]) -> None:
    """Check for a new champion every second."""
    while True:
        await asyncio.sleep(RELOAD_SECONDS)
        seen = await asyncio.to_thread(reload_champion, app, folder, seen)


def reload_champion(app: FastAPI, folder: Path, seen: tuple[object, ...]) -> tuple[object, ...]:
    """Load the champion if its files are not the ones in `seen`; return the files of now.

    A bundle that cannot be loaded is logged and counted once; the previous champion stays in use.
    """
    now: tuple[object, ...] = ()
    try:
        stats = [path.stat() for path in sorted(folder.glob("*"))]
        now = tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in stats)
        if now and now != seen:
            app.state.champion = Bundle.load(folder)
            logger.info("serving version %s", app.state.champion.version)
    except Exception:  # no error in a new champion may stop the service
        app.state.failed_reloads += 1
        logger.exception("%s cannot be served", folder)
    return now


app = FastAPIOffline(
    title="Predictor", lifespan=follow_champion, max_body_size=ROW_BYTES, responses=ERRORS
)


def champion(request: Request) -> Bundle:
    """Return the champion, or respond with 503 if there is none."""
    bundle: Bundle | None = request.app.state.champion
    if bundle is None:
        raise HTTPException(503, "There is no champion yet: run `uv run predictor promote`.")
    return bundle


def answer(request: Request, rows: Sequence[Flight]) -> list[Prediction]:
    """Return predictions for rows, and count the categories not seen in training."""
    predictions = champion(request).predict_rows(rows)
    request.app.state.unseen.update(name for each in predictions for name in each.unseen)
    return predictions


@app.post("/predict")
async def predict(flight: Flight, request: Request) -> Prediction:
    """Return the prediction for one row."""
    return answer(request, [flight])[0]


@app.get("/model")
async def model(request: Request) -> Metadata:
    """Return the metadata of the champion: what it is and where it comes from."""
    return champion(request).metadata


@app.get("/health/live")
async def live() -> dict[str, str]:
    """Report that the process is running."""
    return {"status": "live"}


@app.get("/health/ready")
async def ready(request: Request) -> dict[str, str | int]:
    """Report that a model is loaded, and how many reloads failed."""
    version, failed = champion(request).version, request.app.state.failed_reloads
    return {"status": "ready", "model_version": version, "failed_reloads": failed}


@app.exception_handler(RequestValidationError)
async def unprocessable(_: Request, error: RequestValidationError) -> JSONResponse:
    """Return the first errors of a body, without its values, which could be long."""
    errors = error.errors()[:SHOWN_ERRORS]
    shown = [{"loc": each["loc"], "msg": each["msg"], "type": each["type"]} for each in errors]
    return JSONResponse({"detail": shown}, 422)


for part in parts.find("api"):
    part.install(app)
