"""What happens to every request, whatever it asks: number it, bound it, log it, count it."""

import asyncio
import logging

from starlette.types import ASGIApp, Receive, Scope, Send

from predictor.serve import problems
from predictor.serve.exchange import Exchange
from predictor.serve.logs import REQUEST_ID, RequestLog
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
QUIET = ("/health/live", "/health/ready", "/metrics")  # asked by machines every few seconds


class Edge:
    """ASGI middleware around the whole service."""

    def __init__(self, app: ASGIApp, settings: Settings, telemetry: Telemetry) -> None:
        self.app, self.settings, self.telemetry = app, settings, telemetry
        self.requests = RequestLog()
        self.open: dict[Exchange, asyncio.Task[None] | None] = {}
        telemetry.in_flight.set_function(lambda: len(self.open))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an HTTP request; anything else (the lifespan) passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send, self.settings)
        REQUEST_ID.set(exchange.request_id.decode())
        self.open[exchange] = asyncio.current_task()
        try:
            await self._bounded(scope, exchange)
        finally:
            del self.open[exchange]
            self._record(scope, exchange)

    async def watch(self) -> None:
        """Give up what takes too long, until cancelled.

        One clock for all: an `asyncio.timeout` for each request takes a tenth of its answer.
        """
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for exchange, task in self.open.items():
                late = exchange.seconds > self.settings.answer_seconds
                if task and late and not exchange.given_up:
                    exchange.given_up = task.cancel()

    async def _bounded(self, scope: Scope, exchange: Exchange) -> None:
        if len(self.open) > self.settings.in_flight and scope["path"] not in QUIET:
            response = problems.overloaded("The service answers as many requests as it can.")
            await response(scope, exchange.receive, exchange.send)
            return
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if not exchange.given_up:
                raise
            await self._fail(scope, exchange, problems.too_slow(self.settings.answer_seconds))
        except Exception:
            logger.exception("this request failed")
            await self._fail(scope, exchange, problems.internal())

    async def _fail(self, scope: Scope, exchange: Exchange, response: ASGIApp) -> None:
        self.telemetry.failed()
        if exchange.status == 0:
            await response(scope, exchange.receive, exchange.send)

    def _record(self, scope: Scope, exchange: Exchange) -> None:
        seconds = exchange.seconds
        route = getattr(scope.get("route"), "path", "unmatched")
        self.telemetry.observe(route, exchange.status, seconds)
        if route not in QUIET or exchange.status >= 400:
            self.requests.add(f"{scope['method']} {route}", exchange.status, seconds)
