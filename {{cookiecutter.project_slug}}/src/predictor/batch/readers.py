"""Readers for the two formats of a batch: a JSON array, or CSV with a header."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from pydantic_core import from_json

Read = Callable[[str], Iterator[Any]]


def read_json(text: str) -> Iterator[Any]:
    """Read a JSON array."""
    content = from_json(text)
    if not isinstance(content, list):
        raise ValueError("not a JSON array")  # noqa: TRY004 (caught with what JSON raises)
    return iter(content)


def read_csv(text: str) -> Iterator[Any]:
    """Read CSV with a header and any delimiter; an empty cell is a missing value."""
    lines = io.StringIO(text, newline="")
    for line in csv.DictReader(lines, delimiter=delimiter(text.partition("\n")[0]), strict=True):
        if None in line or None in line.values():
            raise ValueError("a line has a different number of cells than the header")
        yield {name: cell or None for name, cell in line.items()}


READERS: dict[str, Read] = {"application/json": read_json, "text/csv": read_csv}


def delimiter(header: str) -> str:
    """Return the delimiter of a CSV file, given its first line."""
    return max(",;\t|", key=header.count)
