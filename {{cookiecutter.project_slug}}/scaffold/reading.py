"""Read the table that a user adopts exactly as it stands, or say in one sentence why not."""

import csv
import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError

from predictor.errors import PredictorError
from scaffold.delimited import Options, read_delimited

MAX_BYTES, MAX_COLUMNS = 2_000_000_000, 2_000
TEXT, EXCEL = (".csv", ".tsv", ".txt"), (".xlsx", ".xls", ".ods")


@dataclass(frozen=True)
class Table:
    """A table; every cell is text, or missing."""

    rows: pd.DataFrame
    kwargs: dict[str, Any]  # `read_csv` needs them, dtype=str and keep_default_na=False
    content: bytes | None  # what to keep in the project; None: a copy of the file
    suffix: str  # of that copy: ".csv" or ".parquet"
    notes: tuple[str, ...]  # one sentence for each thing found


def read_table(path: Path, options: Options) -> Table:
    """Read a CSV, Excel or Parquet file.

    Raises: PredictorError if it cannot be read, or an option must say how.
    """
    try:
        table = _read(path, options)
        _require_at_most(MAX_COLUMNS, table.rows.shape[1], "columns")
    except PredictorError as error:
        raise PredictorError(f"{path}: {error}") from error
    except (ValueError, pa.ArrowException, CalamineError, zipfile.BadZipFile) as error:
        raise PredictorError(f"{path} cannot be read ({error}): save it as CSV") from error
    return table


def _read(path: Path, options: Options) -> Table:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _read_parquet(path)
    if suffix in EXCEL:
        return _read_excel(path, options)
    if suffix not in TEXT:
        kinds = " ".join((*TEXT, *EXCEL, ".parquet"))
        raise PredictorError(f"must end in one of {kinds}: unpack it first if it is packed")
    _require_at_most(MAX_BYTES, path.stat().st_size, "bytes")
    rows, kwargs = read_delimited(path.read_bytes(), options)
    written = f"The encoding is {kwargs['encoding']}, the delimiter {kwargs['sep']!r}."
    return Table(rows, kwargs, None, ".csv", (written,))


def _require_at_most(limit: int, found: int, unit: str) -> None:
    if found > limit:
        raise PredictorError(f"has {found:,} {unit}, {limit:,} at most: adopt a part of it")


def _read_parquet(path: Path) -> Table:
    meta = pq.read_metadata(path)
    n_bytes = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    _require_at_most(MAX_BYTES, max(n_bytes, 8 * meta.num_rows * meta.num_columns), "bytes")
    for column in pq.read_schema(path):
        if pa.types.is_nested(column.type):
            raise PredictorError(f"column {column.name!r} is nested: flatten it")
    rows = pd.read_parquet(path)
    if any(rows.index.names):
        raise PredictorError("has a named index: save it again after reset_index()")
    return Table(rows.astype("str"), {}, None, ".parquet", ())


def _read_excel(path: Path, options: Options) -> Table:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            _require_at_most(MAX_BYTES, sum(each.file_size for each in archive.filelist), "bytes")
    with pd.ExcelFile(path, engine="calamine") as book:
        sheets = [name for name in book.sheet_names if options.sheet in (None, name)]
        if len(sheets) != 1:
            raise PredictorError(f"add --sheet NAME with one of {book.sheet_names}")
        cells = pd.read_excel(book, sheets[0], header=None, dtype=object, na_filter=False)
    filled = cells.loc[:, (cells != "").any()].to_numpy().tolist()
    text = io.StringIO()
    csv.writer(text).writerows(row if any(cell != "" for cell in row) else [] for row in filled)
    content = text.getvalue().encode()
    rows, kwargs = read_delimited(content, replace(options, delimiter=",", encoding="utf-8"))
    return Table(rows, kwargs, content, ".csv", (f"The sheet is {sheets[0]!r}.",))
