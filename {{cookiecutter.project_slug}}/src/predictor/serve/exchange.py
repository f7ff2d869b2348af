"""One request and its answer, as they pass the edge of the service."""

import asyncio
import re
import time
from contextlib import suppress
from secrets import token_hex

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from predictor.serve.settings import Settings

BATCH = "/predict/batch"
WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
LINGER_SECONDS = 1
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
ANSWER_HEADERS = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]


class Exchange:
    """Numbers a request, bounds its body, and adds to the headers of its answer.

    `status` is 0 until the answer has begun; `Edge.watch` sets `given_up` when it cancels the task
    of a request; `gone` says that the client has hung up. `receive` and `send` stand in for those
    of ASGI.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, settings: Settings) -> None:
        self.start = time.perf_counter()
        self.status = 0
        self.given_up = self.gone = False
        self._scope, self._receive, self._send = scope, receive, send
        self._most = settings.batch_bytes if scope["path"].endswith(BATCH) else settings.row_bytes
        self._read = 0
        self._more = True
        self.request_id = self._header(b"x-request-id")
        if not WELL_FORMED.fullmatch(self.request_id):
            self.request_id = token_hex(8).encode()

    @property
    def seconds(self) -> float:
        """How long it has taken until now."""
        return time.perf_counter() - self.start

    async def receive(self) -> Message:
        """Return the next piece of the body.

        Starlette can limit a body too, but answers in plain text.

        Raises:
            HTTPException: 413, there is more than its limit; from then on at every call.
        """
        message = await self._next() if self._read <= self._most else {}
        if self._read > self._most:
            raise HTTPException(413, f"The body is too large: send at most {self._most:,} bytes.")
        return message

    async def _next(self) -> Message:
        message = await self._receive()
        self.gone = message["type"] == "http.disconnect"
        self._more = message.get("more_body", False)
        self._read += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        """Send a piece of the answer; the first carries the headers."""
        if self.gone:
            return
        if message["type"] == "http.response.start":
            await self._begin(message)
        else:
            await self._send(message)

    async def _begin(self, start: Message) -> None:
        headers = start.setdefault("headers", [])
        self._sign(headers)
        if start["status"] >= 400 and self._more:
            await self._discard()
            if self._more:
                headers.append((b"connection", b"close"))
        await self._send(start)
        self.status = start["status"]

    def _sign(self, headers: list[tuple[bytes, bytes]]) -> None:
        headers.append((b"x-request-id", self.request_id))
        headers.extend(SECURITY_HEADERS)
        if not any(name == b"content-security-policy" for name, _ in headers):
            headers.extend(ANSWER_HEADERS)

    async def _discard(self) -> None:
        """Read what is left of a body that is refused, within reason.

        A client that is still sending when its connection is closed never sees the answer, and one
        that sends what it was asked for afterwards is taken for the next request. Who waits to be
        asked (`Expect: 100-continue`) is not asked.
        """
        if self._read == 0 and self._header(b"expect"):
            return
        end = self._read + self._most
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while self._more and self._read < end:
                    await self._next()

    def _header(self, sought: bytes) -> bytes:
        for name, value in self._scope["headers"]:
            if name == sought:
                return bytes(value)
        return b""
