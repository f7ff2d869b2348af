"""`predictor serve`: the champion on a port of this machine."""

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path

import uvicorn
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from predictor.ports import require_free
from predictor.serve import logs
from predictor.serve.edge import Edge
from predictor.serve.mirror import Mirror
from predictor.serve.settings import Settings
from predictor.serve.switch import Switch
from predictor.serve.telemetry import Telemetry

logger = logging.getLogger(__name__)

MIRROR_SECONDS = 2
GRACE_SECONDS = 5  # on SIGTERM, answers that have begun get their time and this


def serve(source: Path | Mirror, settings: Settings, host: str, port: int) -> None:
    """Answer with the champion of a models folder, or of a registry, until interrupted.

    Raises:
        PredictorError: the port is taken, or the champion's bundle is broken.
    """
    require_free(host, port)
    logs.install()
    telemetry = Telemetry()
    switch = _switch(source, settings, telemetry)
    edge = wrapped(switch, settings, telemetry)
    config = uvicorn.Config(
        edge,
        host=host,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=round(settings.answer_seconds) + GRACE_SECONDS,
    )
    logger.info("the page is at http://%s:%s, the API at http://%s:%s/docs", host, port, host, port)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_run(uvicorn.Server(config), *_watchers(source, switch), edge.watch()))


def wrapped(app: ASGIApp, settings: Settings, telemetry: Telemetry) -> Edge:
    """Return `app` behind what every request passes."""
    if settings.cors_origins:
        app = CORSMiddleware(
            app,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "X-API-Key", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    return Edge(app, settings, telemetry)


def _switch(source: Path | Mirror, settings: Settings, telemetry: Telemetry) -> Switch:
    if isinstance(source, Mirror):
        return Switch(source.models, settings, telemetry, source.absence)
    return Switch(source, settings, telemetry)


def _watchers(source: Path | Mirror, switch: Switch) -> list[Coroutine[None, None, None]]:
    if isinstance(source, Mirror):
        return [source.watch(MIRROR_SECONDS), switch.watch()]
    return [switch.watch()]


async def _run(server: uvicorn.Server, *watchers: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.create_task(watcher) for watcher in watchers]
    try:
        await server.serve()
    finally:
        for task in tasks:
            task.cancel()
