"""One table in a file: CSV in whatever dialect, or Parquet.

Everything in a CSV is read as text, empty fields as missing; what a column means is for the
contract to say (`predictor.data.conversion`).
"""

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from predictor.errors import PredictorError
from predictor.params import IngestParams
from predictor.project import Project

DELIMITERS = ",;\t|"
SAMPLE_BYTES = 1 << 16
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]


def read(project: Project, params: IngestParams) -> pd.DataFrame:
    """Read the file that `ingest.path` names, relative to the project.

    Raises:
        PredictorError: no path is given, or the file cannot be read.
    """
    if params.path is None:
        raise PredictorError("params.yaml: ingest.path: the source 'table' needs a file.")
    return read_table(project.root / params.path)


def read_table(path: Path) -> pd.DataFrame:
    """Read a `.parquet` file, or anything else as CSV.

    Raises:
        PredictorError: missing, empty, not a table, or with a header that names a column twice.
    """
    require_content(path)
    if path.suffix == ".parquet":
        return _read_parquet(path)
    return _read_csv(path, dialect(path))


def dialect(path: Path) -> Dialect:
    """Find out encoding, delimiter and header of a CSV file, gzipped or not.

    Raises:
        PredictorError: missing, empty, or with a header that names a column twice.
    """
    require_content(path)
    encoding = _encoding(path)
    with open_binary(path) as file:
        sample = file.read(SAMPLE_BYTES).decode(encoding, errors="replace")
    delimiter = _delimiter(sample)
    header = next(csv.reader(io.StringIO(sample), delimiter=delimiter), [])
    names = tuple(name.strip() or f"unnamed {at}" for at, name in enumerate(header, start=1))
    require_distinct(path, names)
    return Dialect(encoding, delimiter, names)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = pa.parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise PredictorError(f"{path.name} is not a readable Parquet file: {error}") from error
    require_distinct(path, tuple(table.column_names))
    return to_frame(table)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return the columns with types that a contract can describe.

    Raises:
        PredictorError: a column holds no single values, or times with an offset.
    """
    plain = pa.schema([_plain(field) for field in table.schema])
    text = {pa.string(): pd.StringDtype(na_value=float("nan"))}
    frame: pd.DataFrame = table.cast(plain).to_pandas(ignore_metadata=True, types_mapper=text.get)
    return frame


def _plain(field: pa.Field) -> pa.Field:
    kind = field.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise PredictorError(f"column {field.name!r} holds {kind}, which is no single value.")
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        raise PredictorError(
            f"column {field.name!r} has the time zone {kind.tz}: write local times without one."
        )
    if pa.types.is_date(kind):
        return field.with_type(pa.timestamp("s"))
    if pa.types.is_decimal(kind):
        return field.with_type(pa.float64())
    return field.with_type(pa.string()) if pa.types.is_dictionary(kind) else field


def _read_csv(path: Path, found: Dialect) -> pd.DataFrame:
    try:
        with open_binary(path) as file:
            return to_frame(pa.csv.read_csv(file, *csv_options(found)))
    except (pa.ArrowException, OSError, EOFError) as error:
        raise PredictorError(f"{path.name} is not a readable table: {error}") from error


def csv_options(
    found: Dialect, block_bytes: int | None = None
) -> tuple[pa.csv.ReadOptions, pa.csv.ParseOptions, pa.csv.ConvertOptions]:
    """Return how pyarrow reads such a file: all fields as text, empty ones as missing."""
    read = pa.csv.ReadOptions(
        encoding=found.encoding, column_names=list(found.header), block_size=block_bytes
    )
    read.skip_rows_after_names = 1
    parse = pa.csv.ParseOptions(delimiter=found.delimiter, newlines_in_values=True)
    convert = pa.csv.ConvertOptions(
        column_types={name: pa.string() for name in found.header},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    return read, parse, convert


def require_content(path: Path) -> None:
    """Do nothing if there is something to read.

    Raises:
        PredictorError: there is not.
    """
    if not path.is_file():
        raise PredictorError(f"{path}: no such file.")
    if path.stat().st_size == 0:
        raise PredictorError(f"{path} is empty.")


def require_distinct(path: Path, names: tuple[str, ...]) -> None:
    """Do nothing if every column has a name of its own.

    Raises:
        PredictorError: a name stands twice.
    """
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise PredictorError(
            f"{path.name}: the header names {', '.join(map(repr, twice))} more than once: "
            "rename or drop the copies."
        )


def open_binary(path: Path) -> BufferedIOBase:
    """Open a file as it is, or unpacked if its name ends in .gz."""
    return gzip.GzipFile(path) if path.suffix == ".gz" else path.open("rb")


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_binary(path) as file:
            begins_with_bom = file.read(3) == codecs.BOM_UTF8
            file.seek(0)
            while chunk := file.read(CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252" if _decodes(path, "cp1252") else "latin-1"
    except (OSError, EOFError, zlib.error) as error:
        raise PredictorError(f"{path.name} cannot be read: {error}") from error
    return "utf-8-sig" if begins_with_bom else "utf-8"


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with open_binary(path) as file:
            while chunk := file.read(CHUNK_BYTES):
                chunk.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(sample: str) -> str:
    try:
        return csv.Sniffer().sniff(sample, DELIMITERS).delimiter
    except csv.Error:
        first = sample.splitlines()[0] if sample else ""
        return max(DELIMITERS, key=first.count)
