"""Logs of the service: one JSON object per line, which never holds a row."""

import logging
import sys
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

# The request that is being answered, wherever in the code a line is logged.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="none")


def install() -> None:
    """Send every log line of this process to stdout as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(_sign)
    handler.setFormatter(
        JsonFormatter(
            "{levelname}{name}{message}{request_id}",
            style="{",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in ("predictor", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.INFO)


def _sign(record: logging.LogRecord) -> bool:
    record.request_id = REQUEST_ID.get()
    return True
