"""The lines of schema.py that describe columns."""

import keyword
import re
from collections.abc import Iterable
from typing import Any

import pandas as pd
from pydantic import BaseModel

from scaffold.columns import Column

TYPES = {"number": "float", "integer": "int", "boolean": "bool", "time": "LocalTime"}


def fields(columns: list[Column]) -> list[str]:
    """Return one line of code for each column."""
    taken: dict[str, Column] = {}
    for column in columns:
        taken[_identifier(column.name, taken)] = column
    return [
        f"{name}: {_annotation(each)} = Field({', '.join(_arguments(each, name))})"
        for name, each in taken.items()
    ]


def literal_of(names: Iterable[str]) -> str:
    """Return the type of a closed set of names."""
    return f"Literal[{', '.join(map(repr, names))}]"


def _identifier(name: str, taken: Iterable[str]) -> str:
    """Return a name for an attribute of a pydantic model, other than those `taken`."""
    found = re.sub(r"\W+", "_", name).strip("_").lower() or "column"
    if found[0].isdigit():
        found = f"column_{found}"
    while keyword.iskeyword(found) or hasattr(BaseModel, found) or found in taken:
        found += "_"
    return found


def _annotation(column: Column) -> str:
    kind = literal_of(column.names) if column.names else TYPES.get(column.kind, "str")
    return f"{kind} | None" if column.values.isna().any() else kind


def _arguments(column: Column, name: str) -> list[str]:
    """Return the arguments of `Field`; the example is the median or the most frequent value."""
    known = column.values.dropna()
    found = ["None"] if len(known) < len(column.values) else []
    found += [f"alias={column.name!r}"] * (name != column.name)
    limits = {"ge": column.low, "le": column.high}
    found += [f"{key}={value:.6g}" for key, value in limits.items() if value is not None]
    found += [f"description={column.description!r}"] * bool(column.description)
    return [*found, f"examples=[{_typical(known)!r}]"]


def _typical(known: pd.Series) -> Any:
    if known.dtype.kind in "ifM":
        middle = known.sort_values().iloc[len(known) // 2]
        return middle.isoformat() if known.dtype.kind == "M" else middle.item()
    most = known.mode().iloc[0]
    return bool(most) if known.dtype == bool else str(most)
