"""Middleware: the request log, API keys, and limits on concurrency and time."""

import logging
import time
from hmac import compare_digest
from typing import Annotated

import anyio
from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt, ValidationError
from pydantic_settings import BaseSettings, NoDecode
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from predictor.errors import PredictorError
from predictor.hardening.problems import problem

logger = logging.getLogger("predictor.request")

PROTECTED = ("/model", "/metrics")  # and every request that is not a GET
Key = Annotated[str, Field(min_length=1)]  # an empty key would let everybody in
SplitAtCommas = BeforeValidator(lambda text: [key.strip() for key in text.split(",")])


class Settings(BaseSettings, env_prefix="PREDICTOR_", frozen=True, validate_default=False):
    """Limits of the service, from environment variables such as `PREDICTOR_TIMEOUT`."""

    api_keys: Annotated[tuple[Key, ...], NoDecode, SplitAtCommas] = ()  # if empty, no key is needed
    max_concurrency: PositiveInt = 64  # requests that run at a time
    timeout: PositiveFloat = 30  # seconds for a request, its body included

    @classmethod
    def read(cls) -> "Settings":
        """Read the environment, or raise PredictorError with what is wrong in it."""
        try:
            return cls()
        except ValidationError as error:
            found = [(str(each["loc"][0]).upper(), each["msg"]) for each in error.errors()]
            raise PredictorError("; ".join(f"PREDICTOR_{n}: {m}" for n, m in found)) from error


class RequestLog:
    """Logs a line for each request: its path, status and duration, but no value of its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        start, status = time.perf_counter(), 500  # if an error prevents a response

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
    """Responds with 401 to a request without a valid key, before its body is read."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.keys = [key.encode() for key in settings.api_keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        app, http = self.app, scope["type"] == "http"
        if http and (scope["method"] != "GET" or scope["path"].startswith(PROTECTED)):
            headers = Headers(scope=scope)
            bearer = headers.get("authorization", "").removeprefix("Bearer ")
            given = headers.get("x-api-key", bearer).encode()
            if not any(compare_digest(given, key) for key in self.keys):
                sentence = "Send a valid API key as X-API-Key or as a bearer token."
                app = problem(401, sentence, {"WWW-Authenticate": "Bearer"})
        await app(scope, receive, send)


class RequestLimits:
    """Limits how many requests with a body run at a time, and how long each may take.

    A request counts once its body has arrived, so slow uploads do not count, and until its work
    ends: work in a thread cannot be stopped at the timeout.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.free, self.timeout = app, settings.max_concurrency, settings.timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        if scope["type"] != "http" or scope["method"] == "GET":
            await self.app(scope, receive, send)
            return
        took = False

        async def take() -> Message:
            nonlocal took
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body") and not took:
                if not self.free:
                    raise HTTPException(503, "The service is busy.", {"Retry-After": "1"})
                self.free, took = self.free - 1, True
            return message

        try:
            with anyio.fail_after(self.timeout):
                await self.app(scope, take, send)
        except TimeoutError:
            sentence = f"The request took longer than {self.timeout:g} s."
            await problem(503, sentence, {"Retry-After": "1"})(scope, receive, send)
        finally:
            self.free += took
