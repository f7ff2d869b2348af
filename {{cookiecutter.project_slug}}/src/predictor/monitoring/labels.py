"""Labels: what really happened, matched with an answer by its id, the header X-Prediction-ID."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter
from pydantic import TypeAdapter, ValidationError

from predictor.errors import PredictorError, did_you_mean
from predictor.monitoring.log import INSERT, answers, labels, now
from predictor.schema import Target

RECEIVED = Counter("predictor_labels", "Labels that arrived", ["outcome"])
CHUNK = 5_000  # ids in one query


class UnknownIdsError(PredictorError):
    """Some ids belong to no answer in the log, so no label was stored."""


def add(engine: sa.Engine, values: dict[str, Any]) -> dict[str, int]:
    """Store the label of each id, all or none, and count the `new` and the `repeated` ones."""
    unknown = values.keys() - known(engine, answers.c.id, [*values])
    if unknown:
        RECEIVED.labels("unknown").inc(len(unknown))
        raise UnknownIdsError(
            f"{len(unknown):,} of {len(values):,} ids belong to no answer in the log, such as "
            f"{min(unknown)!r}. Nothing was stored: remove them, and send the others again."
        )
    repeated = len(known(engine, labels.c.id, [*values]))
    insert = INSERT[engine.dialect.name](labels)
    changes = {"value": insert.excluded.value, "times": labels.c.times + 1}
    insert = insert.on_conflict_do_update(index_elements=["id"], set_=changes)
    rows = [{"id": id_, "value": each, "time": now(), "times": 1} for id_, each in values.items()]
    with engine.begin() as connection:
        connection.execute(insert, rows)
    found = {"new": len(values) - repeated, "repeated": repeated}
    for outcome, number in found.items():
        RECEIVED.labels(outcome).inc(number)
    return found


def known(engine: sa.Engine, column: sa.Column[str], ids: list[str]) -> set[str]:
    """Return those ids that a column has."""
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    with engine.connect() as connection:
        queries = [sa.select(column).where(column.in_(chunk)) for chunk in chunks]
        return {name for query in queries for name in connection.scalars(query)}


def read(path: Path) -> dict[str, Any]:
    """Read a CSV file with the columns `id` and `value`; the last value of an id counts."""
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype={"id": str})
        values = dict(zip(table["id"], table["value"].tolist(), strict=True))
        return TypeAdapter(dict[str, Target]).validate_python(values)
    except KeyError as error:
        hint = did_you_mean(error.args[0], map(str, table))
        raise PredictorError(f"{path} has no column {error}{hint}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise PredictorError(f"{path}: id {first['loc'][0]}: {first['msg']}.") from error
    except ValueError as error:
        raise PredictorError(f"{path} cannot be read: {error}") from error
