"""What a request passes before FastAPI sees it: its log line, its key, its place."""

import logging
import time
from hmac import compare_digest

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.hardening.problems import problem
from predictor.hardening.settings import Settings

logger = logging.getLogger("predictor.request")

GUARDED = ("/model", "/metrics")  # beside every request that is no GET


class RequestLog:
    """Logs a line for each request: its path, status and time, and never a value of its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        start, status = time.perf_counter(), 0

        async def observe(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, observe)
        finally:
            if scope["type"] == "http":
                extra = {"status": status, "milliseconds": 1000 * (time.perf_counter() - start)}
                logger.info("%s %s", scope["method"], scope["path"][:200], extra=extra)


class ApiKeys:
    """Answers 401 to a request without a known key, before its body is read."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.keys = [key.get_secret_value().encode() for key in settings.api_keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        app = self.app
        guarded = scope["type"] == "http" and (
            scope["method"] != "GET" or scope["path"].startswith(GUARDED)
        )
        if guarded and not self._is_known(Headers(scope=scope)):
            sentence = "Send one of the keys of this service as X-API-Key or as a bearer token."
            app = problem(401, sentence, {"WWW-Authenticate": "Bearer"})
        await app(scope, receive, send)

    def _is_known(self, headers: Headers) -> bool:
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        given = headers.get("x-api-key", bearer).encode()
        return any(compare_digest(given, key) for key in self.keys)


class Work:
    """Limits how many requests are worked on at a time, and how long one may take.

    A place is taken once the body has arrived, so that slow bodies take none, and kept until the
    work ends: what runs in a thread cannot be stopped at its deadline.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.free, self.deadline = app, settings.places, settings.deadline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        took, started = False, False

        async def take(*_: object) -> Message:
            nonlocal took
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body") and not took:
                if not self.free:
                    raise HTTPException(503, "The service is busy.", {"Retry-After": "1"})
                self.free, took = self.free - 1, True
            return message

        async def observe(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            with anyio.move_on_after(self.deadline) as limit:
                await self.app(scope, take, observe)
        finally:
            self.free += took
        if limit.cancelled_caught and not started:
            sentence = f"This took longer than {self.deadline:g} s."
            await problem(503, sentence, {"Retry-After": "1"})(scope, receive, send)
