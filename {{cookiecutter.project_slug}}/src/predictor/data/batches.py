"""Tables of any length, read and written batch by batch.

What is read comes as it stands in the file: a CSV as text, a Parquet file with its own types.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from predictor.errors import PredictorError
from predictor.files import replacing_file
from predictor.sources.table import (
    csv_options,
    dialect,
    open_binary,
    require_content,
    require_distinct,
)

# Large enough that the fixed cost of a batch does not count, small enough for any memory.
CELLS = 1 << 20
BLOCK_BYTES = 1 << 23
BUFFER_BYTES = 1 << 20
FAULTS = (pa.ArrowException, OSError, EOFError)


@dataclass(frozen=True)
class Table:
    """A table on disk, of which one batch at a time is in memory; `rows` is None for a CSV."""

    schema: pa.Schema
    rows: int | None
    batches: Iterator[pa.RecordBatch]


class Writer(Protocol):
    """What writes batches."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append the rows."""
        ...


@contextmanager
def reading(path: Path) -> Iterator[Table]:
    """Open a `.parquet` file, or anything else as CSV.

    Raises:
        PredictorError: missing, empty, not a table, or with a column name that stands twice; also
            while the batches are read, if the file is damaged further down.
    """
    require_content(path)
    with _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path) as table:
        require_distinct(path, tuple(table.schema.names))
        yield table


@contextmanager
def writing(path: Path, schema: pa.Schema) -> Iterator[Writer]:
    """Yield what writes `path`, which is replaced once the block has succeeded.

    Raises:
        PredictorError: it cannot be written, or a CSV cannot hold a column.
    """
    kind = {".parquet": pa.parquet.ParquetWriter, ".csv": pa.csv.CSVWriter}[path.suffix.lower()]
    try:
        with replacing_file(path) as scratch, kind(str(scratch), schema) as writer:
            yield writer
    except FAULTS as error:
        raise PredictorError(f"{path} cannot be written, and stays as it was: {error}") from error


@contextmanager
def _parquet(path: Path) -> Iterator[Table]:
    # Without these two settings pyarrow keeps all row groups that it has read.
    settings = {"pre_buffer": False, "buffer_size": BUFFER_BYTES}
    try:
        file = pa.parquet.ParquetFile(path, **settings)
    except FAULTS as error:
        raise PredictorError(f"{path.name} is not a readable Parquet file: {error}") from error
    with file:
        schema = file.schema_arrow.remove_metadata()
        batches = file.iter_batches(batch_size=max(1, CELLS // max(1, len(schema))))
        yield Table(schema, file.metadata.num_rows, _to_the_end(path, batches))


@contextmanager
def _csv(path: Path) -> Iterator[Table]:
    found = dialect(path)
    with open_binary(path) as file:
        try:
            reader = pa.csv.open_csv(file, *csv_options(found, BLOCK_BYTES))
        except FAULTS as error:
            raise PredictorError(f"{path.name} is not a readable table: {error}") from error
        with reader:
            yield Table(reader.schema, None, _to_the_end(path, reader))


def _to_the_end(path: Path, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except FAULTS as error:
        raise PredictorError(f"{path.name} cannot be read to its end: {error}") from error
