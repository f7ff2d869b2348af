"""The middleware that logs answers, `POST /labels`, and the metrics of this part."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated
from uuid import uuid4

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.monitoring.labels import UnknownIdsError, add
from predictor.monitoring.log import now, reports
from predictor.monitoring.writer import Writer
from predictor.schema import Target

LABELS = 5_000  # labels in a request


@asynccontextmanager
async def log_answers(app: FastAPI) -> AsyncIterator[None]:
    """Write the log as long as the service runs."""
    app.state.log = Writer(app.state)
    app.state.log.start()
    REGISTRY.register(newest := NewestReport(app.state.log))
    yield
    REGISTRY.unregister(newest)
    await asyncio.to_thread(app.state.log.stop)


class NewestReport(Collector):
    """Gauges with the numbers of the newest report of `predictor monitor`."""

    def __init__(self, log: Writer) -> None:
        self.log = log

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges, whenever `/metrics` is read."""
        gauges = GaugeMetricFamily(
            "predictor_monitor", "Numbers of a report", None, ["kind", "part"]
        )
        newest = sa.select(reports.c.report).order_by(reports.c.number.desc()).limit(1)
        with suppress(SQLAlchemyError):  # the writer logs that the database is away
            if self.log.engine:
                with self.log.engine.connect() as connection:
                    report = connection.scalar(newest) or {}
                for kind, part, value in report.get("gauges", []):
                    gauges.add_metric([kind, part], value)
        yield gauges


class PredictionLog:
    """Gives each answer of `POST /predict` an id, as a header, and queues it for the log."""

    def __init__(self, app: ASGIApp, service: FastAPI) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        if scope["type"] != "http" or scope["path"] != "/predict":
            await self.app(scope, receive, send)
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

        await self.app(scope, read, write)
        if status == 200:
            self.service.state.log.put(name, now(), bytes(request), bytes(response))


router = APIRouter(lifespan=log_answers)


@router.post("/labels", max_body_size=200 * LABELS, responses={404: {"description": "Unknown id"}})
def add_labels(
    labels: Annotated[dict[str, Target], Field(min_length=1, max_length=LABELS)], request: Request
) -> dict[str, int]:
    """Store the true value for each X-Prediction-ID; if an id is unknown, store none."""
    log: Writer = request.app.state.log
    log.write()  # a label may come before its answer is written
    with suppress(SQLAlchemyError):
        try:
            if log.engine:
                return add(log.engine, labels)
        except UnknownIdsError as error:
            raise HTTPException(404, str(error)) from error
    raise HTTPException(503, "The prediction log cannot be reached: send the labels again.")


def install(app: FastAPI) -> None:
    """Add the log, the labels, and `/metrics` unless another part has it: it shows all metrics."""
    app.include_router(router)
    app.add_middleware(PredictionLog, service=app)
    if all(getattr(route, "path", "") != "/metrics" for route in app.routes):

        @app.get("/metrics", include_in_schema=False)
        def read_metrics() -> Response:
            return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
