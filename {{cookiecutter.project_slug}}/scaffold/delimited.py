"""Read a delimited text with pandas, and require the rows that the strict csv module reads."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, zip_longest
from statistics import mode
from typing import Any

import pandas as pd
from cyclopts import Parameter

from predictor.errors import PredictorError

BOMS = {b"\xef\xbb": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
ENCODINGS = ("utf-8", "cp1252", "cp1250", "cp1251", "cp932", "cp949", "gb18030")  # to propose
VALUE = re.compile(r"\s*[-+]?[.,]?\d[\d.,/:T -]*(e[-+]?\d+)?\s*", re.IGNORECASE)
Row = tuple[int, list[str]]  # the line where it starts, from 1, and its cells
N_SAMPLE, N_HEAD = 1 << 20, 500  # characters and rows that show how a table is written


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """What the user says about the file; the rest is found."""

    encoding: str | None = None
    """Of the file, such as cp1252."""
    delimiter: str | None = None
    """Between the cells of the file."""
    skip_rows: int | None = None
    """Lines above the header; 0 if the first line is one that looks like data."""
    sheet: str | None = None
    """Of the workbook."""
    names: str = ""
    """a,b,c: the columns of a file without a header."""


def read_delimited(data: bytes, options: Options) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the rows and the arguments of `pandas.read_csv` that give them."""
    encoding, sample = _decode(data, options.encoding)
    hint = re.match(r'"?sep=(.)"?[\r\n]', sample)  # a line for Excel
    likely = hint[1] if hint else max(";\t|,", key=partial(_agreement, sample))
    sep = (options.delimiter or likely).replace("\\t", "\t")
    if len(sep) != 1 or sep in '"\r\n':
        raise PredictorError(f"--delimiter must be one character such as ;, not {sep!r}")
    kwargs: dict[str, Any] = {"sep": sep, "encoding": encoding}
    if 0 < sample.count(sep) == sample.count(f"{sep} "):
        kwargs["skipinitialspace"] = True
    if skip := options.skip_rows or int(bool(hint)):
        kwargs["skiprows"] = skip
    try:
        return _read(data, kwargs, options)
    except PredictorError:
        if b'\\"' not in data:
            raise
        return _read(data, kwargs | {"escapechar": "\\"}, options)


def _decode(data: bytes, chosen: str | None) -> tuple[str, str]:
    """Return the encoding and the beginning of the text."""
    encoding = BOMS.get(data[:2]) or chosen or "utf-8"
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeError) as error:
        row = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        raise PredictorError(f"row {row} is not {encoding}: {_find_encodings(data)}") from error
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        raise PredictorError(f"row {row} is not text: add --encoding utf-16-le if it is UTF-16")
    return encoding, text[:N_SAMPLE]


def _find_encodings(data: bytes) -> str:
    """Return an option for each encoding that fits, with what it reads in a row beyond ASCII."""
    start = len(data) - len(data.lstrip(bytes(range(128))))  # one byte is one character up to here
    start = max(start - 10, data.rfind(b"\n", 0, start) + 1)
    found: dict[str, str] = {}
    for encoding in ENCODINGS:
        with suppress(UnicodeError):
            text = data.decode(encoding)[start : start + 40].partition("\n")[0].strip()
            found.setdefault(text, f"{encoding} (it reads {text!r})")
    return "correct it, or add --encoding " + (", or ".join(found.values()) or "NAME")


def _agreement(sample: str, delimiter: str) -> int:
    """Return how many rows have the most frequent number of fields."""
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    widths = [len(row) for row in rows if len(row) > 1]
    return widths.count(mode(widths or [1]))


def _read(
    data: bytes, kwargs: dict[str, Any], options: Options
) -> tuple[pd.DataFrame, dict[str, Any]]:
    rows = _rows(data, **kwargs)
    head = list(islice(rows, N_HEAD))
    body = head[not options.names :]
    if not body:
        raise PredictorError("has no rows below the header: see --names and --skip-rows")
    width = mode(len(cells) for _, cells in head)
    full = (line for line, cells in head if len(cells) == width <= 2 * sum(map(bool, cells)))
    start = next(full, head[0][0])
    for line, cells in chain(body, rows):
        if (n := len(cells)) != width:
            option = f"add --skip-rows {start - 1}" if line < start else "add the right --delimiter"
            raise PredictorError(
                f"row {line} has {n} fields instead of {width}: correct or remove it, or {option}"
            )
    expected = islice(_rows(data, **kwargs), int(not options.names), None)
    kwargs = kwargs | _find_header(head, width, start, options)
    table = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, **kwargs)
    parts = (table[i : i + 1000].to_numpy().tolist() for i in range(0, len(table), 1000))
    for row, read in zip_longest(expected, chain.from_iterable(parts)):
        if row is None or row[1] != read:
            at = row[0] if row else line
            raise PredictorError(
                f"pandas reads row {at} otherwise: correct it or a blank row above it"
            )
    return table, kwargs


def _rows(data: bytes, sep: str, encoding: str, skiprows: int = 0, **dialect: Any) -> Iterator[Row]:
    csv.field_size_limit(2**31 - 1)
    text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
    reader = csv.reader(text, delimiter=sep, strict=True, **dialect)
    line = 1
    try:
        for cells in reader:
            if line > skiprows and (len(cells) > 1 or (cells and cells[0].strip())):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise PredictorError(f"row {line}: {error}; correct that row") from error


def _find_header(head: list[Row], width: int, start: int, options: Options) -> dict[str, Any]:
    """Return arguments for pandas; none where the header has a name for each column."""
    (line, header), *rows = head
    below = [cells for _, cells in rows]
    dummies = ",".join(f"c{i + 1}" for i in range(width))
    if options.names:
        names = options.names.split(",")
        if not len(set(names)) == len(names) == width:
            raise PredictorError(f"--names needs {width} different names, such as {dummies}")
        return {"names": names}
    if len(header) == width - 1 and not any(row[-1] for row in below):
        return {"skiprows": line, "names": [*header, f"Unnamed: {width - 1}"]}
    if len(header) == width - 1 and any(map(VALUE.fullmatch, below[0])):
        return {"skiprows": line, "names": ["row_name", *header]}  # as R writes it
    columns = zip(header, zip(*below, strict=True), strict=False)
    is_data = any(map(VALUE.fullmatch, header)) or all(cell in column for cell, column in columns)
    if line != start or (is_data and options.skip_rows is None):
        raise PredictorError(
            f"row {line} ({', '.join(header[:3])} ...) is no header of {width} columns: add "
            f"--names {dummies}, or --skip-rows {start - 1} if row {start} is the header"
        )
    return {}
