"""Read the table that a user adopts exactly as it stands, or say in one sentence why not."""

import bz2
import csv
import datetime as dt
import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from predictor.errors import PredictorError, did_you_mean
from scaffold.delimited import MAX_COLUMNS, read_delimited

MAX_BYTES, MAX_CELLS = 2_000_000_000, 500_000_000
MAX_RATIO = 100  # of an unpacked table to its packed file
TEXT, EXCEL = (".csv", ".tsv", ".txt"), (".xlsx", ".xls", ".ods")


@dataclass(frozen=True)
class Options:
    """What the user says about the file; the rest is found."""

    encoding: str | None = None
    delimiter: str | None = None
    skip_rows: int | None = None
    sheet: str | None = None
    names: tuple[str, ...] = ()  # the file has no header


@dataclass(frozen=True)
class Table:
    """A table and how to read it again.

    CSV and Excel: each cell of `rows` is text, and `pandas.read_csv(..., dtype=str,
    keep_default_na=False, **kwargs)` gives the same rows. Parquet: `pandas.read_parquet` does.
    """

    rows: pd.DataFrame
    kwargs: dict[str, Any]
    content: bytes | None  # what to keep in the project; None: a copy of the file
    suffix: str  # of that copy: ".csv" or ".parquet"
    notes: tuple[str, ...]  # one sentence for each thing found


def read_table(path: Path, options: Options) -> Table:
    """Read a CSV, Excel or Parquet file.

    Raises:
        PredictorError: the file cannot be read, or an option must say how.
    """
    try:
        return _read(path, options)
    except FileNotFoundError:
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise PredictorError(f"{path} does not exist{did_you_mean(path.name, near)}") from None
    except OSError as error:
        raise PredictorError(f"{path}: {error.strerror or error}") from error
    except PredictorError as error:
        raise PredictorError(f"{path}: {error}") from error


def _read(path: Path, options: Options) -> Table:
    if path.stat().st_size == 0 or path.is_dir():
        raise PredictorError("is a folder" if path.is_dir() else "is empty")
    suffix, inner = path.suffix.lower(), Path(path.stem).suffix.lower()
    if suffix == ".parquet":
        return _read_parquet(path)
    if suffix in EXCEL:
        return _read_excel(path, options)
    if suffix in TEXT:
        return _read_text(_read_bytes(path.open("rb")), options)
    if suffix != ".zip" and not (suffix in (".gz", ".bz2") and inner in TEXT):
        kinds = ", ".join((*TEXT, *EXCEL, ".parquet", ".csv.gz", ".csv.bz2", ".zip"))
        raise PredictorError(f"is no table; the name must end in one of {kinds}")
    data = _unpack(path, suffix)
    table = _read_text(data, options)
    encoding = table.kwargs.pop("encoding", "utf-8")
    return replace(table, content=data.decode(encoding).encode())


def _unpack(path: Path, suffix: str) -> bytes:
    limit = min(MAX_BYTES, MAX_BYTES // 20 + MAX_RATIO * path.stat().st_size)
    try:
        if suffix != ".zip":
            return _read_bytes((gzip if suffix == ".gz" else bz2).open(path), limit)
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise PredictorError(f"holds {len(names)} files: unpack it and adopt one of them")
            return _read_bytes(archive.open(names[0]), limit)
    except (EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise PredictorError(f"cannot be unpacked: {error}") from error


def _read_bytes(file: Any, limit: int = MAX_BYTES) -> bytes:
    data = bytearray()
    with file:
        while chunk := file.read(1 << 20):
            data += chunk
            if len(data) > limit:
                raise PredictorError(f"holds more than {limit:,} bytes: adopt a sample of the rows")
    return bytes(data)


def _read_parquet(path: Path) -> Table:
    try:
        meta = pq.read_metadata(path)
        n_bytes = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
        if n_bytes > MAX_BYTES or meta.num_rows * meta.num_columns > MAX_CELLS:
            raise PredictorError(f"is too large: {meta.num_rows:,} rows, {n_bytes:,} bytes")
        for column in pq.read_schema(path):
            if pa.types.is_nested(column.type):
                raise PredictorError(
                    f"column {column.name!r} is nested ({column.type}): flatten it"
                )
        if meta.num_columns > MAX_COLUMNS:
            raise PredictorError(f"has {meta.num_columns:,} columns, {MAX_COLUMNS:,} at most")
        rows = pd.read_parquet(path)
    except (pa.ArrowException, ValueError) as error:
        raise PredictorError(f"is not a Parquet file that can be read: {error}") from error
    if any(rows.index.names):
        raise PredictorError("has a named index: save it again after reset_index()")
    return Table(rows, {}, None, ".parquet", ())


def _read_excel(path: Path, options: Options) -> Table:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                    raise PredictorError(f"holds more than {MAX_BYTES:,} bytes")
        book = CalamineWorkbook.from_path(str(path))
        names, name = book.sheet_names, options.sheet
        if name not in names and (name or len(names) > 1):
            raise PredictorError(f"needs --sheet NAME with one of {', '.join(map(repr, names))}")
        sheet = book.get_sheet_by_name(name or names[0])
        cells = sheet.to_python()
    except (CalamineError, zipfile.BadZipFile) as error:
        raise PredictorError(
            f"is not a workbook that can be read ({error}): save it as CSV"
        ) from error
    timed = {
        i
        for row in cells
        for i, cell in enumerate(row)
        if isinstance(cell, dt.datetime) and cell.time() != dt.time.min
    }
    texts = [[_cell_text(cell, i in timed) for i, cell in enumerate(row)] for row in cells]
    text = io.StringIO()
    blank: list[list[str]] = [[]] * (sheet.start or (0, 0))[0]  # rows count as in Excel
    csv.writer(text, lineterminator="\n").writerows(blank + [t if any(t) else [] for t in texts])
    content = text.getvalue().encode()
    table = _read_text(content, replace(options, delimiter=",", encoding="utf-8"))
    return replace(
        table, content=content, notes=(f"The sheet is {sheet.name!r}.", *table.notes[2:])
    )  # without the encoding and the delimiter


def _cell_text(cell: Any, is_timed: bool) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.date):  # a midnight may come as a date or as a datetime
        text = dt.datetime.fromisoformat(cell.isoformat()).isoformat()
        return text if is_timed else text[:10]
    return str(cell)


def _read_text(data: bytes, options: Options) -> Table:
    rows, kwargs, notes = read_delimited(
        data, options.encoding, options.delimiter, options.skip_rows, list(options.names)
    )
    return Table(rows, kwargs, None, ".csv", tuple(notes))
