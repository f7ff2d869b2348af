"""Find out how a delimited text is written, and read it with pandas exactly as it stands.

DuckDB's sniffer is wrong where it matters here: decimal commas, footnotes, rows of another length
and encodings. The csv module reads every row strictly instead, and pandas must agree with it.
"""

import csv
import io
import re
from array import array
from collections import Counter, deque
from typing import Any, NamedTuple

import pandas as pd

from predictor.errors import PredictorError
from scaffold.encoding import find_encoding

MAX_COLUMNS = 2_000
NUMBER = re.compile(r"[-+]?(\d[\d.,]*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
DATE = re.compile(r"\d{1,4}[-/.]\d\d?[-/.]\d{1,4}([ T].*)?")
FOOTNOTE = re.compile(r"(sources?|notes?|(grand )?totals?|sum)\b|[*©]", re.IGNORECASE)
TOTAL = re.compile(r"((grand )?totals?|sum):?", re.IGNORECASE)
N_HEAD, N_TAIL, MAX_SKIP = 500, 20, 100


class Records(NamedTuple):
    """The rows of a text as the csv module reads them; a blank line is an empty row."""

    widths: "array[int]"  # fields of each row
    lines: "array[int]"  # where it starts, from 1
    head: list[list[str]]
    tail: "deque[list[str]]"


def read_delimited(
    data: bytes, encoding: str | None, delimiter: str | None, skip: int | None, names: list[str]
) -> tuple[pd.DataFrame, dict[str, Any], list[str]]:
    """Return the rows, the arguments of `pandas.read_csv` and a note for each decision.

    Raises:
        PredictorError: rows differ in length, the first row is data, or the text is unreadable.
    """
    encoding, notes = find_encoding(data, encoding)
    sample = data[: 1 << 20].decode(encoding, "ignore")
    if declared := re.match(r'"?sep=(.)"?[\r\n]', sample):
        delimiter, skip = delimiter or declared[1], skip or 1
    sep = _find_delimiter(sample, delimiter)
    kwargs: dict[str, Any] = {"sep": sep} if sep != "," else {}
    kwargs |= {"encoding": encoding} if encoding != "utf-8" else {}
    is_spaced = 0 < sample.count(sep) == sample.count(f"{sep} ")
    kwargs |= {"skipinitialspace": True} if is_spaced else {}
    notes.append(f"The delimiter is {sep + ' ' * is_spaced!r}.")
    records, start, end, kwargs = _find_layout(data, kwargs, skip)
    body = start if names else start + 1
    names = _find_names(records, start, end, names)
    before = body if names else start
    if any(records.widths[:before]):
        kwargs["skiprows"] = before
        notes.append(f"The rows above row {records.lines[start]} are skipped.")
    if names:
        kwargs["names"] = names
    if any(records.widths[end:]):
        kwargs |= {"skipfooter": len(records.widths) - end, "engine": "python"}
        notes.append(f"Row {records.lines[end]} and what follows is left out as a footnote.")
    try:
        rows = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, **kwargs)
    except ValueError as error:
        raise PredictorError(f"cannot be read by pandas ({error}): add --names") from error
    _require_same(rows, records, body, end)
    renamed = [str(name) for name in rows if not names and name not in records.head[start]]
    if renamed:
        notes.append(f"Columns with no name or with one used before: {', '.join(renamed)}.")
    return rows, kwargs, notes


def _find_delimiter(sample: str, chosen: str | None) -> str:
    """Return the delimiter that gives most rows the same number of fields."""
    if chosen is not None:
        delimiter = chosen.replace("\\t", "\t")
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise PredictorError(f"--delimiter must be one character such as ;, not {chosen!r}")
        return delimiter

    def agreement(delimiter: str) -> tuple[int, int]:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        return max(((n, width) for width, n in widths.items()), default=(0, 0))

    return max(",;\t|", key=agreement)


def _find_layout(
    data: bytes, kwargs: dict[str, Any], skip: int | None
) -> tuple[Records, int, int, dict[str, Any]]:
    """Return the records, the first and the end of the table, and `kwargs` with the quoting."""
    problems = []
    for quoting in ({}, {"escapechar": "\\"}):
        try:
            records = _read_records(data, **kwargs, **quoting)
            return records, *_find_bounds(records, skip), kwargs | quoting
        except PredictorError as error:
            problems.append(error)
    raise problems[0]


def _read_records(data: bytes, sep: str = ",", encoding: str = "utf-8", **quoting: Any) -> Records:
    csv.field_size_limit(2**31 - 1)
    text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
    reader = csv.reader(text, delimiter=sep, strict=True, **quoting)
    records, line = Records(array("L"), array("L"), [], deque(maxlen=N_TAIL)), 1
    try:
        for row in reader:
            if len(row) == 1 and not row[0].strip():
                row.clear()
            records.widths.append(len(row))
            records.lines.append(line)
            records.tail.append(row)
            if len(records.head) < N_HEAD:
                records.head.append(row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise PredictorError(f"row {line}: {error}; correct or remove that row") from error
    return records


def _find_bounds(records: Records, skip: int | None) -> tuple[int, int]:
    """Return the row of the header, or of the data if there is none, and the end of the data."""
    widths, head, top = records.widths, records.head, skip or 0
    seen = [width for width in widths[top:] if width]
    if not seen or not 0 <= top <= MAX_SKIP:
        raise PredictorError(f"has no rows, or --skip-rows is not in 0 to {MAX_SKIP}")
    width = Counter([width for width in seen if width > 1] or seen).most_common(1)[0][0]
    if width > MAX_COLUMNS:
        raise PredictorError(f"has {width:,} columns, at most {MAX_COLUMNS:,} can be adopted")
    if skip is None:
        starts = (i for i, row in enumerate(head) if len(row) == width <= 2 * sum(map(bool, row)))
        start = next(starts, 0)
        if start and widths[start - 1] == width - 1 > (not _has_number(head[start])):
            start -= 1  # the header of R, or of rows that end with a delimiter
    else:
        start = next(i for i in range(top, len(widths)) if widths[i])
    end = len(widths)
    for row in reversed(records.tail):
        if row and not _is_footnote(row, width, [*head, *records.tail]):
            break
        end -= 1
    for i in range(top, end):
        if widths[i] > width or (i >= start and 0 < widths[i] < width - (i == start)):
            raise PredictorError(
                f"row {records.lines[i]} has {widths[i]} fields instead of {width}: correct it, "
                "or add --delimiter, or --skip-rows if the table begins below it"
            )
    return start, end


def _is_footnote(row: list[str], width: int, rows: list[list[str]]) -> bool:
    text = row[0].strip()
    if len(row) < width:
        return bool(FOOTNOTE.match(text)) or (len(row) == 1 and not NUMBER.fullmatch(text))
    if TOTAL.fullmatch(text) and width > 1:
        return all(other is row or other[:1] != row[:1] for other in rows)
    return bool(FOOTNOTE.match(text)) and not any(row[1:]) and width > 1


def _find_names(records: Records, start: int, end: int, chosen: list[str]) -> list[str]:
    """Return names for pandas; none where the header has one for each column."""
    header, below = records.head[start], [row for row in records.head[start + 1 : end] if row]
    if chosen:
        if len(set(chosen)) != len(header) or len(chosen) != len(header):
            raise PredictorError(f"--names must be {len(header)} different names")
        return chosen
    if not below:
        raise PredictorError("has a header but no rows")
    width = len(below[0])
    dummies = ",".join(f"c{i}" for i in range(1, width + 1))
    if len(header) < width and not any(row[-1] for row in below if len(row) == width):
        return [*header, f"Unnamed: {width - 1}"]
    if len(header) < width and _has_number(below[0]):
        return ["row_name", *header]
    if len(header) < width:
        raise PredictorError(
            f"row {records.lines[start]} has {width - 1} fields and the rows below {width}: add "
            f"--skip-rows {start + 1} and, if no header follows, --names {dummies}"
        )
    if _is_data(header, below):
        raise PredictorError(
            f"the first row looks like data: {', '.join(header[:3])} ...: give the names "
            f"with --names {dummies}"
        )
    return []


def _has_number(row: list[str]) -> bool:
    return any(NUMBER.fullmatch(cell.strip()) for cell in row)


def _is_data(row: list[str], below: list[list[str]]) -> bool:
    """Tell a row of values from names; names may be years, dates or 0, 1, 2 ..."""
    cells = [cell.strip() for cell in row]
    if numbers := [cell for cell in cells if NUMBER.fullmatch(cell)]:
        first = int(numbers[0]) if numbers[0].isdecimal() else 0
        in_order = [str(first + i) for i in range(len(numbers))]
        are_years = all(re.fullmatch(r"(19|20)\d\d", number) for number in numbers)
        return not are_years and (len(numbers) == 1 or numbers != in_order)
    if dates := [cell for cell in cells if DATE.fullmatch(cell)]:
        return len(dates) == 1
    values = [set(column) for column in zip(*(r for r in below if len(r) == len(row)), strict=True)]
    return bool(values) and all(cell in column for cell, column in zip(row, values, strict=True))


def _require_same(rows: pd.DataFrame, records: Records, body: int, end: int) -> None:
    filled = [i for i in range(body, end) if records.widths[i]]
    first, last = records.head[filled[0]], records.tail[filled[-1] - len(records.widths)]
    seen = [list(map(str, rows.iloc[i])) for i in (0, -1)] if len(rows) else []
    if rows.shape != (len(filled), len(first)) or seen != [first, last]:
        raise PredictorError("has quotes that pandas reads otherwise: save it as a plain CSV file")
