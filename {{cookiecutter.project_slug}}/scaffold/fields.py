"""The lines of schema.py that describe columns."""

import keyword
import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from scaffold.columns import Column

TYPES = {"number": "float", "integer": "int", "boolean": "bool", "time": "LocalTime"}


def identifiers(columns: list[Column]) -> dict[str, Column]:
    """Return the columns by names for attributes of a pydantic model."""
    found: dict[str, Column] = {}
    for column in columns:
        name = re.sub(r"\W+", "_", column.name).strip("_").lower() or "column"
        if name[0].isdigit():
            name = f"column_{name}"
        while keyword.iskeyword(name) or hasattr(BaseModel, name) or name in found:
            name += "_"
        found[name] = column
    return found


def literal_of(names: Iterable[str]) -> str:
    """Return the type of a closed set of names."""
    return f"Literal[{', '.join(map(repr, names))}]"


def type_of(column: Column) -> str:
    """Return the annotation of a column."""
    kind = literal_of(column.names) if column.names else TYPES.get(column.kind, "str")
    return f"{kind} | None" if column.values.hasnans else kind


def typical(column: Column) -> Any:
    """Return the median, or the most frequent value."""
    known = column.values.dropna()
    if known.dtype.kind in "ifM":
        middle = known.sort_values().iloc[len(known) // 2]
        return middle.isoformat() if known.dtype.kind == "M" else middle.item()
    most = known.mode().iloc[0]
    return bool(most) if known.dtype == bool else str(most)
