"""The prediction log in SQLite or PostgreSQL: answers with their labels, and incidents."""

import logging
import os
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter
from pydantic import TypeAdapter
from pydantic_core import from_json
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from predictor.errors import PredictorError
from predictor.features import KINDS
from predictor.paths import REPORTS
from predictor.schema import Row, Target
from predictor.task import Prediction

logger = logging.getLogger(__name__)

METRICS = REPORTS / "monitoring" / "metrics.prom"  # written by `predictor monitor`
WAITING, BATCH, COMPLAIN_SECONDS = 20_000, 5_000, 60.0
DROPPED = Counter("predictor_log_dropped", "Answers that the prediction log lost")
UNKNOWN = Counter("predictor_unknown_labels", "Labels whose ids are not in the prediction log")
INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
# An int of JSON can be too large for an integer of a database.
TYPES = {float: sa.Float, int: sa.Float, bool: sa.Boolean, str: sa.Text}
FIELDS = {field.alias or name: field for name, field in Row.model_fields.items()}
OUTPUT = next(iter(Prediction.model_fields))  # the model's output is the first field of an answer
EXTRAS = {name: field.json_schema_extra for name, field in FIELDS.items()}
PERSONAL = {name for name, it in EXTRAS.items() if isinstance(it, dict) and it.get("personal")}
COLUMNS = {name: f"row_{name}" for name in KINDS if name not in PERSONAL}

tables = sa.MetaData()
# Times are in UTC. `labelled` is when the first label came, `labels` how many came.
answers = sa.Table(
    "answers",
    tables,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Text),
    sa.Column("labels", sa.Integer),
    *(sa.Column(name, sa.DateTime) for name in ("time", "labelled")),
    *(sa.Column(name, sa.JSON) for name in ("output", "decision", "label")),
    *(sa.Column(COLUMNS[name], TYPES.get(KINDS[name], sa.DateTime)) for name in COLUMNS),
)
incidents = sa.Table(
    "incidents",
    tables,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("time", sa.DateTime),
    *(sa.Column(name, sa.Text) for name in ("kind", "part", "evidence", "outcome")),
)


def now(days_ago: float = 0) -> datetime:
    """Return the time in UTC, or some days ago, in the form that both databases store."""
    return datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days_ago)


def connect(*, migrate: bool = False) -> sa.Engine:
    """Open the log at $PREDICTOR_LOG, or `predictions.db`, and create what is missing."""
    pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"
    try:
        url = os.environ.get("PREDICTOR_LOG") or "sqlite:///predictions.db"
        engine = sa.create_engine(url, poolclass=sa.NullPool)  # survives a restart
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", lambda it, _: it.executescript(pragmas))
        tables.create_all(engine)
        existing = {each["name"] for each in sa.inspect(engine).get_columns("answers")}
        missing = [column for column in answers.columns if column.name not in existing]
        if missing and not migrate:
            raise PredictorError(f"The log lacks {missing[0]}: run `uv run predictor migrate`.")
        with engine.begin() as connection:
            for column in missing:
                definition = sa.schema.CreateColumn(column).compile(engine)
                connection.exec_driver_sql(f"ALTER TABLE answers ADD COLUMN {definition}")
    except SQLAlchemyError as error:
        raise PredictorError(f"The prediction log cannot be opened: {error.args[0]}") from error
    return engine


class Log:
    """Answers that wait for the database; more than WAITING are counted and lost."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[str, datetime, bytes, bytes]] = deque()
        self.engine: sa.Engine | None = None
        self.writing, self.lost, self.complained = Lock(), 0, -COMPLAIN_SECONDS

    def put(self, name: str, request: bytes, response: bytes) -> None:
        """Queue an answer, unless too many wait."""
        if len(self.waiting) < WAITING:
            self.waiting.append((name, now(), request, response))
        else:
            self.lost += 1
            DROPPED.inc()

    def write(self) -> None:
        """Write all answers that wait; after an error, they go on waiting."""
        with self.writing:
            try:
                self.engine = self.engine or connect()
                # A commit whose confirmation was lost is repeated.
                insert = INSERT[self.engine.dialect.name](answers).on_conflict_do_nothing()
                while batch := [to_row(*each) for each in list(self.waiting)[:BATCH]]:
                    with self.engine.begin() as connection:
                        connection.execute(insert, batch)
                    for _ in batch:
                        self.waiting.popleft()
            except (SQLAlchemyError, PredictorError) as error:
                if monotonic() - self.complained >= COMPLAIN_SECONDS:
                    self.complained = monotonic()
                    state = f"{len(self.waiting):,} answers wait, {self.lost:,} are lost"
                    logger.error("prediction log: %s; %s", error, state)  # noqa: TRY400


def to_row(name: str, time: datetime, request: bytes, response: bytes) -> dict[str, Any]:
    """Return the row of an answer, without the columns that the schema marks as personal."""
    request = request.replace(b"\\u0000", b"\\ufffd")  # PostgreSQL cannot store NUL in a text
    answer, row = from_json(response), Row.model_validate_json(request).model_dump(by_alias=True)
    found = {column: row[name] for name, column in COLUMNS.items()}
    found |= {"id": name, "time": time, "version": answer["model_version"], "labels": 0}
    return found | {"output": answer[OUTPUT], "decision": answer.get("decision")}


def add_labels(engine: sa.Engine, values: dict[str, Any]) -> dict[str, int]:
    """Store the label of each id, or raise PredictorError and store none if an id is unknown."""
    is_it = answers.c.id == sa.bindparam("name")
    changes = {"label": sa.bindparam("value"), "labels": answers.c.labels + 1}
    changes["labelled"] = sa.func.coalesce(answers.c.labelled, now())
    rows = [{"name": name, "value": value} for name, value in values.items()]
    with engine.begin() as connection:
        stored = connection.execute(sa.update(answers).where(is_it).values(changes), rows).rowcount
        if unknown := len(rows) - stored:
            UNKNOWN.inc(unknown)
            known = sa.select(answers.c.id).where(is_it)
            example = next(it for it in values if not connection.scalar(known, {"name": it}))
            raise PredictorError(
                f"{unknown:,} of {len(rows):,} ids belong to no answer in the log, such as "
                f"{example!r}: no label was stored."
            )
    return {"stored": stored}


def read_labels(path: Path) -> dict[str, Any]:
    """Read a CSV file with the columns `id` and `value`."""
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype={"id": str})
        if {*table} != {"id", "value"}:
            raise PredictorError(f"{path} must have the columns id and value, not {[*table]}.")
        values = table.set_index("id")["value"].to_dict()
        return TypeAdapter(dict[str, Target]).validate_python(values)
    except ValueError as error:
        raise PredictorError(f"{path} cannot be read: {error}") from error
