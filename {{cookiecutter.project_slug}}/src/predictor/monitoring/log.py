"""The prediction log in SQLite or PostgreSQL: answers with their labels, and incidents."""

import logging
import os
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter
from pydantic import TypeAdapter
from pydantic_core import from_json
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, SQLAlchemyError

from predictor.errors import PredictorError
from predictor.features import KINDS
from predictor.paths import REPORTS
from predictor.schema import Row, Target
from predictor.task import Prediction

logger = logging.getLogger(__name__)

METRICS = REPORTS / "monitoring" / "metrics.prom"  # written by `predictor monitor`
WAITING, BATCH, COMPLAIN_SECONDS = 20_000, 5_000, 60.0
DROPPED = Counter("predictor_log_dropped", "Answers that the prediction log lost")
RECEIVED = Counter("predictor_labels", "Labels that arrived", ["outcome"])
INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
TYPES = {float: sa.Float, int: sa.BigInteger, bool: sa.Boolean, str: sa.Text}
FIELDS = {field.alias or name: field for name, field in Row.model_fields.items()}
OUTPUT = next(iter(Prediction.model_fields))  # the model's output is the first field of an answer
OUTPUT_TYPE = sa.Float if Prediction.model_fields[OUTPUT].annotation is float else sa.JSON
EXTRAS = {name: field.json_schema_extra for name, field in FIELDS.items()}
PERSONAL = {name for name, it in EXTRAS.items() if isinstance(it, dict) and it.get("personal")}
COLUMNS = {name: f"row_{name}" for name in KINDS if name not in PERSONAL}
tables = sa.MetaData()


def _table(name: str, **columns: Any) -> sa.Table:  # noqa: ANN401 (types of SQLAlchemy)
    key, *others = (sa.Column(column, kind) for column, kind in columns.items())
    key.primary_key = True
    return sa.Table(name, tables, key, *others)


# Times are in UTC. `labelled` is when the first label came, `labels` how many came.
columns = {"id": sa.Text, "time": sa.DateTime, "version": sa.Text, "output": OUTPUT_TYPE}
columns |= {"decision": sa.JSON, "label": sa.JSON, "labelled": sa.DateTime, "labels": sa.Integer}
columns |= {column: TYPES.get(KINDS[name], sa.DateTime) for name, column in COLUMNS.items()}
answers = _table("answers", **columns)
texts = dict.fromkeys(["kind", "part", "evidence", "outcome"], sa.Text)
incidents = _table("incidents", number=sa.Integer, time=sa.DateTime, **texts)


def now() -> datetime:
    """Return the time in UTC, in the form that both databases store."""
    return datetime.now(UTC).replace(tzinfo=None)


def days_ago(days: float) -> datetime:
    """Return the time some days ago."""
    return now() - timedelta(days=days)


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
            raise PredictorError(
                f"The prediction log is of an older version, without {missing[0].name!r}: run "
                "`uv run predictor migrate`."
            )
        with engine.begin() as connection:
            for column in missing:
                definition = sa.schema.CreateColumn(column).compile(engine)
                connection.exec_driver_sql(f"ALTER TABLE answers ADD COLUMN {definition}")
    except SQLAlchemyError as error:
        reason = str(error).partition("\n")[0]
        raise PredictorError(f"The prediction log cannot be opened: {reason}") from error
    return engine


class Log:
    """Answers that wait to be written, so that no prediction waits for the database or fails.

    If the database is away or full, at most WAITING answers wait; more are counted and lost.
    """

    def __init__(self) -> None:
        self.waiting: deque[tuple[str, datetime, bytes, bytes]] = deque()
        self.engine: sa.Engine | None = None
        self.writing, self.lost, self.complained = Lock(), 0, -COMPLAIN_SECONDS

    def put(self, name: str, request: bytes, response: bytes) -> None:
        """Queue an answer, unless too many wait."""
        if len(self.waiting) < WAITING:
            self.waiting.append((name, now(), request, response))
        else:
            self._lose()

    def write(self) -> None:
        """Write all answers that wait; after an error, they go on waiting."""
        with self.writing:
            try:
                self.engine = self.engine or connect()
                while batch := [to_row(*each) for each in islice(self.waiting.copy(), BATCH)]:
                    self._insert(self.engine, batch)
                    for _ in batch:
                        self.waiting.popleft()
            except (SQLAlchemyError, PredictorError) as error:
                if monotonic() - self.complained >= COMPLAIN_SECONDS:
                    self.complained = monotonic()
                    state = f"{len(self.waiting):,} answers wait, {self.lost:,} are lost"
                    logger.error("prediction log: %s; %s", error, state)  # noqa: TRY400

    def _insert(self, engine: sa.Engine, rows: list[dict[str, Any]]) -> None:
        # A commit whose confirmation was lost is repeated.
        insert = INSERT[engine.dialect.name](answers).on_conflict_do_nothing()
        try:
            with engine.begin() as connection:
                connection.execute(insert, rows)
        except (DataError, OverflowError):  # such as NUL in a text, which PostgreSQL refuses
            if len(rows) > 1:
                for row in rows:
                    self._insert(engine, [row])
            else:
                self._lose()

    def _lose(self) -> None:
        self.lost += 1
        DROPPED.inc()


def to_row(name: str, time: datetime, request: bytes, response: bytes) -> dict[str, Any]:
    """Return the row of an answer, without the columns that the schema marks as personal."""
    answer, row = from_json(response), Row.model_validate_json(request).model_dump(by_alias=True)
    found = {column: row[name] for name, column in COLUMNS.items()}
    found |= {"id": name, "time": time, "version": answer["model_version"], "labels": 0}
    return found | {"output": answer[OUTPUT], "decision": answer.get("decision")}


def add_labels(engine: sa.Engine, values: dict[str, Any]) -> dict[str, int]:
    """Store the label of each id, at most BATCH, or raise PredictorError if one is unknown."""
    known = sa.select(answers.c.id, answers.c.labels).where(answers.c.id.in_(values))
    changes = {"label": sa.bindparam("value"), "labels": answers.c.labels + 1}
    changes["labelled"] = sa.func.coalesce(answers.c.labelled, now())
    update = sa.update(answers).where(answers.c.id == sa.bindparam("name")).values(changes)
    with engine.begin() as connection:
        earlier = {row.id: row.labels for row in connection.execute(known)}
        if unknown := values.keys() - earlier:
            RECEIVED.labels("unknown").inc(len(unknown))
            raise PredictorError(
                f"{len(unknown):,} of {len(values):,} ids belong to no answer in the log, such as "
                f"{min(unknown)!r}. None of the {len(values):,} labels was stored."
            )
        connection.execute(update, [{"name": key, "value": value} for key, value in values.items()])
    repeated = sum(labels > 0 for labels in earlier.values())
    RECEIVED.labels("new").inc(len(values) - repeated)
    RECEIVED.labels("repeated").inc(repeated)
    return {"new": len(values) - repeated, "repeated": repeated}


def read_labels(path: Path) -> list[tuple[str, Any]]:
    """Read a CSV file with the columns `id` and `value`."""
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype={"id": str})
        if {*table} != {"id", "value"}:
            raise PredictorError(f"{path} must have the columns id and value, not {[*table]}.")
        pairs = [*table[["id", "value"]].itertuples(index=False, name=None)]
        return TypeAdapter(list[tuple[str, Target]]).validate_python(pairs)
    except ValueError as error:
        raise PredictorError(f"{path} cannot be read: {error}") from error


def clean(engine: sa.Engine, days: int) -> None:
    """Delete answers that are older, and warn of a clock that went back."""
    is_ahead = answers.c.time > days_ago(-1)
    with engine.begin() as connection:
        connection.execute(sa.delete(answers).where(answers.c.time < days_ago(days)))
        if ahead := connection.scalar(sa.select(sa.func.count()).where(is_ahead)):
            logger.warning("%s answers are dated in the future: a clock went back", f"{ahead:,}")
