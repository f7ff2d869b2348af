"""The prediction log: its tables, in SQLite or in PostgreSQL."""

import os
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from predictor.errors import PredictorError

TEXT, NUMBER, TIME = sa.Text, sa.Integer, sa.DateTime  # times are in UTC
INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
tables = sa.MetaData()


def _table(name: str, **columns: Any) -> sa.Table:  # noqa: ANN401 (types of SQLAlchemy)
    """Define a table; its first column is the key."""
    key, *others = (sa.Column(column, kind) for column, kind in columns.items())
    key.primary_key = True
    return sa.Table(name, tables, key, *others)


# `row` and `output` are JSON, so that another schema or task needs no other table.
answers = _table(
    "answers", id=TEXT, time=TIME, version=TEXT, row=sa.JSON, output=sa.JSON, decision=sa.JSON
)
labels = _table("labels", id=TEXT, time=TIME, value=sa.JSON, times=NUMBER)
incidents = _table(
    "incidents", number=NUMBER, time=TIME, kind=TEXT, part=TEXT, evidence=sa.JSON, outcome=TEXT
)
reports = _table("reports", number=NUMBER, report=sa.JSON)
sa.Index("answers_by_version", answers.c.version, answers.c.time)
sa.Index("answers_by_time", answers.c.time)


def now() -> datetime:
    """Return the time in UTC, in the form that both databases store."""
    return datetime.now(UTC).replace(tzinfo=None)


def connect(*, migrate: bool = False) -> sa.Engine:
    """Open the log at $PREDICTOR_LOG, or `predictions.db`, and create missing tables.

    Raises:
        PredictorError: it cannot be opened, or it is older than this code; with `migrate`, the
            columns that it lacks are added.
    """
    try:
        url = os.environ.get("PREDICTOR_LOG") or "sqlite:///predictions.db"
        engine = sa.create_engine(url, poolclass=sa.NullPool)  # survives a restart of the database
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _use_wal)
        tables.create_all(engine)
        absent = _absent_columns(engine)
        for column in absent if migrate else ():
            kind = column.type.compile(engine.dialect)
            with engine.begin() as connection:
                change = f"ALTER TABLE {column.table.name} ADD COLUMN {column.name} {kind}"
                connection.exec_driver_sql(change)
    except (SQLAlchemyError, ImportError) as error:
        raise PredictorError(f"The prediction log cannot be opened: {reason(error)}") from error
    if absent and not migrate:
        names = ", ".join(map(str, absent))
        raise PredictorError(f"The log is older ({names}): run `uv run predictor migrate`.")
    return engine


def _use_wal(connection: Any, _: object) -> None:  # noqa: ANN401 (a connection of sqlite3)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}")


def _absent_columns(engine: sa.Engine) -> list[sa.Column[Any]]:
    inspector = sa.inspect(engine)
    found = {
        (table.name, column["name"])
        for table in tables.sorted_tables
        for column in inspector.get_columns(table.name)
    }
    every = [column for table in tables.sorted_tables for column in table.columns]
    return [each for each in every if (each.table.name, each.name) not in found]


def reason(error: Exception) -> str:
    """Return the first line of an error."""
    return str(error).strip().partition("\n")[0]
