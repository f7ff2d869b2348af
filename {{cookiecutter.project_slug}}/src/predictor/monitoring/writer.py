"""The thread that writes answers to the log, off the request path."""

import json
import logging
from collections import deque
from itertools import islice
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter
from starlette.datastructures import State

from predictor.errors import PredictorError
from predictor.monitoring import incidents
from predictor.monitoring.log import INSERT, answers, connect, reason
from predictor.schema import Row
from predictor.task import Prediction

logger = logging.getLogger(__name__)

WAITING, BATCH = 20_000, 5_000  # answers that wait at most, and answers in a transaction
WRITE_SECONDS, COMPLAIN_SECONDS = 0.5, 60.0
OUTPUT = next(iter(Prediction.model_fields))  # the first field of an answer is the model's output
EXTRAS = {name: field.json_schema_extra for name, field in Row.model_fields.items()}
PERSONAL = {name for name, it in EXTRAS.items() if isinstance(it, dict) and it.get("personal")}
DROPPED = Counter("predictor_log_dropped", "Answers that the prediction log lost")


def record(name: str, time: object, request: bytes, response: bytes) -> dict[str, Any]:
    """Return the row of an answer, without the columns that the schema marks as personal."""
    answer, row = json.loads(response), Row.model_validate_json(request)
    return {
        "id": name,
        "time": time,
        "version": answer["model_version"],
        "row": row.model_dump(mode="json", by_alias=True, exclude=PERSONAL),
        "output": answer[OUTPUT],
        "decision": answer.get("decision"),
    }


class Writer(Thread):
    """Writes twice a second; failed reloads of the service become incidents.

    If the database is away or full, at most WAITING answers wait for it; further ones are counted
    and lost. No prediction waits or fails.
    """

    def __init__(self, service: State) -> None:
        super().__init__(name="prediction log", daemon=True)
        self.service, self.reloads = service, 0
        self.waiting: deque[Any] = deque()  # arguments of `record`
        self.stopped, self.writing = Event(), Lock()
        self.engine: sa.Engine | None = None
        self.lost, self.complained = 0, -COMPLAIN_SECONDS

    def put(self, *answer: Any) -> None:  # noqa: ANN401
        """Queue an answer, unless too many wait."""
        if len(self.waiting) < WAITING:
            self.waiting.append(answer)
        else:
            self.lost += 1
            DROPPED.inc()

    def run(self) -> None:
        """Write until `stop`, and then once more."""
        while not self.stopped.wait(WRITE_SECONDS):
            self.write()
        self.write()

    def stop(self, seconds: float = 5.0) -> None:
        """Write what is left, and give up after some seconds."""
        self.stopped.set()
        self.join(seconds)
        if self.waiting:
            logger.error("prediction log: the last %s answers are lost", len(self.waiting))

    def write(self) -> None:
        """Write all answers that wait; after an error, they go on waiting."""
        with self.writing:
            try:
                self.engine = self.engine or connect()
                # A commit whose confirmation was lost is repeated.
                insert = INSERT[self.engine.dialect.name](answers).on_conflict_do_nothing()
                while batch := [record(*each) for each in islice(self.waiting.copy(), BATCH)]:
                    with self.engine.begin() as connection:
                        connection.execute(insert, batch)
                    for _ in batch:
                        self.waiting.popleft()
                if (failed := self.service.failed_reloads) > self.reloads:
                    incidents.record(self.engine, "failed reload", "champion", {"failed": failed})
                    self.reloads = failed
            except (sa.exc.SQLAlchemyError, PredictorError) as error:
                if monotonic() - self.complained >= COMPLAIN_SECONDS:
                    self.complained = monotonic()
                    state = f"{len(self.waiting):,} answers wait, {self.lost:,} are lost"
                    logger.error("prediction log: %s; %s", reason(error), state)  # noqa: TRY400
