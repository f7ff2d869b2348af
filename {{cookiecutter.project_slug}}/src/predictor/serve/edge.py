"""What happens to every request, whatever it asks: number it, bound it, log it, count it."""

import asyncio
import logging
import re
import time
from dataclasses import dataclass
from secrets import token_hex

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.serve import logs, problems
from predictor.serve.body import limited
from predictor.serve.logs import REQUEST_ID
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1
QUIET = ("/health/live", "/health/ready", "/metrics")  # asked by machines every few seconds
WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NOTHING_ELSE = "default-src 'none'; frame-ancestors 'none'"
SECURITY_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY.items()]
ANSWER_HEADERS = [
    (b"content-security-policy", NOTHING_ELSE.encode()),
    (b"cache-control", b"no-store"),
]


@dataclass
class Exchange:
    """One request and what became of it; `status` is 0 until the answer begins."""

    request_id: str
    start: float
    status: int = 0


class Edge:
    """ASGI middleware around the whole service."""

    def __init__(self, app: ASGIApp, settings: Settings, telemetry: Telemetry) -> None:
        self.app, self.settings, self.telemetry = app, settings, telemetry
        self.in_flight = 0
        telemetry.in_flight.set_function(lambda: self.in_flight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an HTTP request; anything else (the lifespan) passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(_request_id(scope), time.perf_counter())
        REQUEST_ID.set(exchange.request_id)
        sign = _signed(send, exchange)
        self.in_flight += 1
        try:
            await self._bounded(scope, receive, sign, exchange)
        finally:
            self.in_flight -= 1
            self._record(scope, exchange)

    async def _bounded(
        self, scope: Scope, receive: Receive, send: Send, exchange: Exchange
    ) -> None:
        if self.in_flight > self.settings.in_flight and scope["path"] not in QUIET:
            response = problems.overloaded("The service answers as many requests as it can.")
            await response(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.settings.answer_seconds):
                await self.app(scope, limited(scope, receive, self.settings), send)
        except TimeoutError:
            await self._fail(scope, receive, send, exchange, _too_slow(self.settings))
        except Exception:
            logger.exception("this request failed")
            await self._fail(scope, receive, send, exchange, problems.internal())

    async def _fail(
        self, scope: Scope, receive: Receive, send: Send, exchange: Exchange, response: ASGIApp
    ) -> None:
        self.telemetry.failed()
        if exchange.status == 0:
            await response(scope, receive, send)

    def _record(self, scope: Scope, exchange: Exchange) -> None:
        seconds = time.perf_counter() - exchange.start
        route = getattr(scope.get("route"), "path", "unmatched")
        self.telemetry.observe(route, exchange.status, seconds)
        if route not in QUIET or exchange.status >= 400:
            logs.write_request(f"{scope['method']} {route}", exchange.status, seconds)


def _request_id(scope: Scope) -> str:
    """Return the caller's own number if it is harmless, else a new one."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if WELL_FORMED.fullmatch(given) else token_hex(8)


def _signed(send: Send, exchange: Exchange) -> Send:
    number = (b"x-request-id", exchange.request_id.encode())

    async def signed(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            headers = message.setdefault("headers", [])
            headers.extend((number, *SECURITY_HEADERS))
            if not any(name == b"content-security-policy" for name, _ in headers):
                headers.extend(ANSWER_HEADERS)
        await send(message)

    return signed


def _too_slow(settings: Settings) -> ASGIApp:
    return problems.problem(
        503,
        f"The answer took longer than {settings.answer_seconds:g} s: send less at a time.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )
