"""A body is read up to its limit and no further."""

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from predictor.serve.settings import Settings

BATCH = "/predict/batch"


def limited(scope: Scope, receive: Receive, settings: Settings) -> Receive:
    """Return a `receive` that stops a body that is too large with a 413.

    Starlette can limit a body too, but answers in plain text.
    """
    most = settings.batch_bytes if scope["path"].endswith(BATCH) else settings.row_bytes
    left = most

    async def received() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, f"The body is too large: send at most {most:,} bytes.")
        return message

    return received
