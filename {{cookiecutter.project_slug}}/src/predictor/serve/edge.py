"""What happens to every request, whatever it asks: number it, bound it, log it, count it."""

import asyncio
import logging
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from predictor.serve import problems
from predictor.serve.exchange import Exchange
from predictor.serve.logs import REQUEST_ID, RequestLog
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
LAST_WORD_SECONDS = 2
HUNG_UP = 499  # in logs and metrics only, as nginx has it
QUIET = ("/health/live", "/health/ready", "/metrics")  # asked by machines every few seconds


class Edge:
    """ASGI middleware around the whole service."""

    def __init__(self, app: ASGIApp, settings: Settings, telemetry: Telemetry) -> None:
        self.app, self.settings, self.telemetry = app, settings, telemetry
        self.requests = RequestLog()
        self.open: dict[Exchange, asyncio.Task[None] | None] = {}
        self.in_flight = 0
        telemetry.in_flight.set_function(lambda: self.in_flight)

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
        if self.in_flight >= self.settings.in_flight and scope["path"] not in QUIET:
            response = problems.overloaded("The service answers as many requests as it can.")
            await response(scope, exchange.receive, exchange.send)
            return
        self.in_flight += 1
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if not exchange.given_up:
                raise
            await self._fail(scope, exchange, problems.too_slow(self.settings.answer_seconds))
        except Exception:
            if not exchange.gone:
                logger.exception("this request failed")
                await self._fail(scope, exchange, problems.internal())
        finally:
            self.in_flight -= 1

    async def _fail(self, scope: Scope, exchange: Exchange, response: ASGIApp) -> None:
        self.telemetry.failed()
        if exchange.status == 0:
            with suppress(TimeoutError):  # a client that reads nothing
                async with asyncio.timeout(LAST_WORD_SECONDS):
                    await response(scope, exchange.receive, exchange.send)

    def _record(self, scope: Scope, exchange: Exchange) -> None:
        seconds, status = exchange.seconds, exchange.status
        if status == 0 and exchange.gone:
            status = HUNG_UP
        elsewhere = "files" if "endpoint" in scope else "unmatched"
        route = getattr(scope.get("route"), "path", elsewhere)
        self.telemetry.observe(route, status, seconds)
        if route not in QUIET or status >= 400:
            self.requests.add(f"{scope['method']} {route}", status, seconds)
