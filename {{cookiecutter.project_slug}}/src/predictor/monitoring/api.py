"""The middleware that logs answers, `POST /labels`, and the metrics of this part."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI, HTTPException, Request
from prometheus_client import REGISTRY, Metric, make_asgi_app
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.errors import PredictorError
from predictor.monitoring import incidents, log
from predictor.schema import Target

WRITE_SECONDS = 0.5
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "An id belongs to no answer"}}


@asynccontextmanager
async def log_answers(app: FastAPI) -> AsyncIterator[None]:
    """Write the log as long as the service runs."""
    app.state.log = log.Log()
    writer = asyncio.create_task(write_regularly(app))
    yield
    writer.cancel()
    await asyncio.to_thread(app.state.log.write)


async def write_regularly(app: FastAPI) -> None:
    """Twice a second, write the answers that wait, and each failed reload as an incident."""
    start = log.now()
    while True:
        await asyncio.sleep(WRITE_SECONDS)
        await asyncio.to_thread(app.state.log.write)
        if (engine := app.state.log.engine) and (failed := app.state.failed_reloads):
            found = ("failed reload", "champion", f"{failed} since the start at {start:%F %T}")
            with suppress(SQLAlchemyError):  # `write` logs that the database is away
                await asyncio.to_thread(incidents.record, engine, *found)


def log_predictions(app: ASGIApp) -> ASGIApp:
    """Give each answer of `POST /predict` an id, as a header, and queue it for the log."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/predict":
            await app(scope, receive, send)
            return
        name, request, response, status = uuid4().hex, bytearray(), bytearray(), 0

        async def read() -> Message:
            message = await receive()
            request.extend(message.get("body", b""))
            return message

        async def write(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-prediction-id", name.encode())]
            response.extend(message.get("body", b""))
            await send(message)

        await app(scope, read, write)
        if status == 200:
            scope["app"].state.log.put(name, bytes(request), bytes(response))

    return middleware


class NewestReport(Collector):
    """The numbers of the newest report, for Prometheus."""

    def collect(self) -> Iterator[Metric]:
        """Read what `predictor monitor` has written."""
        if log.METRICS.exists():
            yield from text_string_to_metric_families(log.METRICS.read_text(encoding="utf-8"))


router = APIRouter(lifespan=log_answers)


@router.post("/labels", max_body_size=200 * log.BATCH, responses=NOT_FOUND)
def add_labels(
    labels: Annotated[dict[str, Target], Field(min_length=1, max_length=log.BATCH)],
    request: Request,
) -> dict[str, int]:
    """Store the true value for each X-Prediction-ID; if an id is unknown, store none."""
    request.app.state.log.write()  # a label may come before its answer is written
    with suppress(SQLAlchemyError):
        try:
            if engine := request.app.state.log.engine:
                return log.add_labels(engine, labels)
        except PredictorError as error:
            raise HTTPException(404, str(error)) from error
    raise HTTPException(503, "The prediction log cannot be reached: send the labels again.")


def install(app: FastAPI) -> None:
    """Add the log, the labels and the metrics."""
    app.include_router(router)
    app.add_middleware(log_predictions)
    REGISTRY.register(NewestReport())
    app.mount("/metrics", make_asgi_app())  # after the route of `hardening`, if it is there
