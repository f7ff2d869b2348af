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
    """Read CSV with a header and any delimiter, as data.py reads the training data.

    The target and the columns that are not features may be there, and are left out.
    """
    from predictor.batch.cells import from_text  # imports pandas

    lines = io.StringIO(text, newline="")
    rows = list(csv.DictReader(lines, delimiter=delimiter(text.partition("\n")[0]), strict=True))
    if any(None in row or None in row.values() for row in rows):
        raise ValueError("a line has a different number of cells than the header")
    return from_text(rows)


READERS: dict[str, Read] = {"application/json": read_json, "text/csv": read_csv}


def delimiter(header: str) -> str:
    """Return the delimiter of a CSV file, given its first line."""
    return max(",;\t|", key=header.count)
