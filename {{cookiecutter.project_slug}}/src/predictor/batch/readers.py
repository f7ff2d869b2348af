"""The formats of a batch: a JSON array, or CSV whose cells are read as data.py reads them."""

import csv
import io
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pandas as pd
from pandas.api.types import is_string_dtype
from pydantic import TypeAdapter
from pydantic_core import from_json

from predictor import data, schema
from predictor.features import KINDS

SOURCE: Any = data  # an adopted table has a function for each of its columns
NOT_FEATURES = {schema.TARGET, schema.TIME, getattr(schema, "GROUP", None), *schema.IGNORED}


def read_json(text: str) -> Iterable[Any]:
    """Read a JSON array."""
    content = from_json(text)
    if not isinstance(content, list):
        raise ValueError("not a JSON array")  # noqa: TRY004 (caught with what JSON raises)
    return content


def read_csv(text: str) -> Iterable[Any]:
    """Read CSV with a header and any delimiter; the target may be there, and is left out."""
    lines = io.StringIO(text, newline="")
    rows = list(csv.DictReader(lines, delimiter=delimiter(text.partition("\n")[0]), strict=True))
    if any(None in row or None in row.values() for row in rows):
        raise ValueError("a line has a different number of cells than the header")
    table = typed(pd.DataFrame(rows, dtype="str"))
    table = table[[name for name in table if name in KINDS or name not in NOT_FEATURES]]
    return table.astype(object).where(table.notna(), None).to_dict("records")


READERS = {"application/json": read_json, "text/csv": read_csv}


def delimiter(header: str) -> str:
    """Return the delimiter of a CSV file, given its first line."""
    return max(",;\t|", key=header.count)


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Read columns of text in the notation of data.py, else of JSON; others stay as they are."""
    readers = getattr(SOURCE, "COLUMNS", {})
    table = SOURCE.clean(table, SOURCE.MISSING) if readers else table.replace("", None)
    columns = {}
    for name, kind in KINDS.items():
        if name in table and is_string_dtype(table[name]):
            texts = table[name].astype(object).where(table[name].notna(), None).tolist()
            adapter = TypeAdapter[Any](list[kind | None])  # type: ignore[valid-type]
            with suppress(ValueError):
                columns[name] = pd.Series(adapter.validate_python(texts), table.index)
            with suppress(ValueError):
                columns[name] = readers[name](table) if readers else columns[name]
    return table.assign(**columns)
