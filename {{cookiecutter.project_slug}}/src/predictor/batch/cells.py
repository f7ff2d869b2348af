"""Text as values, read as data.py reads the training data."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pandas as pd
from pandas.api.types import is_string_dtype

from predictor import data, schema
from predictor.features import KINDS, TIMES

BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
NOT_FEATURES = {schema.TARGET, schema.TIME, getattr(schema, "GROUP", None), *schema.IGNORED}


def from_text(rows: list[dict[str, Any]]) -> Iterator[Any]:
    """Return rows of text as rows of values, None where missing, without other known columns."""
    table = pd.DataFrame(rows, dtype="str")
    names = [name for name in table if name in KINDS or name not in NOT_FEATURES]
    found = typed(table)[names]
    return iter(found.astype(object).where(found.notna(), None).to_dict("records"))


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns of text have the types of the schema.

    An adopted table has a function for each column in data.py; other text is read as in JSON. A
    column that cannot be read stays text, so that the schema reports its cells.
    """
    source: Any = data
    readers = getattr(source, "COLUMNS", {})
    table = source.clean(table, source.MISSING) if readers else table.replace("", None)
    columns = {}
    for name in (name for name in KINDS if name in table and is_string_dtype(table[name])):
        attempts = [partial(readers[name], table)] if readers else []
        for attempt in (*attempts, partial(as_in_json, table[name])):
            with suppress(ValueError):
                columns[name] = attempt()
                break
    return table.assign(**columns)


def as_in_json(column: pd.Series) -> pd.Series:
    """Return the values of a column whose text has the notation of JSON.

    Raises:
        ValueError: a text is no value of the column's type.
    """
    name = str(column.name)
    if KINDS[name] in (float, int):
        return pd.to_numeric(column)
    if KINDS[name] is bool:
        text = column.str.lower()
        if not text.dropna().isin(BOOLEANS).all():
            raise ValueError(f"{name} is not true or false everywhere")
        return text.map(BOOLEANS)
    return pd.to_datetime(column, format="ISO8601") if name in TIMES else column
