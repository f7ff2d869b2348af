"""Labels that arrived, one JSON object per line, by the number of the request they belong to."""

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, create_model

from predictor.contract import Contract

RequestId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
MEANING = {
    "binary": "whether the case was positive",
    "multiclass": "the class that it was",
    "regression": "the value that it had",
}


class Feedback(BaseModel):
    """What turned out to be true of the row that the request `request_id` was about."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    request_id: RequestId


class Stored(BaseModel):
    """The label is on disk."""

    request_id: str
    received: datetime


class FeedbackLog:
    """An append-only file; half a line, left by a killed process, spoils no other line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def append(self, feedback: Feedback) -> Stored:
        """Write one label to the disk.

        Raises:
            OSError: the disk is full, or the file may not be written.
        """
        received = datetime.now(UTC)
        content = {"received": received.isoformat(), **feedback.model_dump()}
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                file.write(_gap(file) + json.dumps(content).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        return Stored(request_id=feedback.request_id, received=received)


def feedback_model(contract: Contract) -> type[Feedback]:
    """Build the body of a feedback, whose `label` has the type of the task's truth."""
    label: Any = (_label(contract), Field(description=MEANING[contract.task]))
    model: type[Feedback] = create_model("Feedback", __base__=Feedback, label=label)
    return model


def _label(contract: Contract) -> Any:  # noqa: ANN401 (a type made at run time)
    match contract.task:
        case "binary":
            return StrictBool
        case "multiclass":
            return Literal[contract.target.classes]
        case "regression":
            return Annotated[float, Field(strict=True)]


def _gap(file: BinaryIO) -> bytes:
    """Return what must stand before the next line."""
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"
