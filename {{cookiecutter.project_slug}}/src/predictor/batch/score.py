"""`predictor score`: the champion's predictions for a table of any length, in chunks."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from predictor import task
from predictor.batch.readers import delimiter, typed
from predictor.bundle import Bundle
from predictor.errors import PredictorError, did_you_mean
from predictor.features import KINDS
from predictor.paths import CHAMPION
from predictor.prepare import check
from predictor.schema import Row

CHUNK = 50_000
WRITERS = {".csv": pc.CSVWriter, ".parquet": pq.ParquetWriter}


def score(source: Path, target: Path) -> None:
    """Write all columns of `source`, and the prediction for each row, to `target`.

    Memory does not grow with the table, and a run that fails leaves `target` as it was. Raises a
    PredictorError if there is no champion, or `source` is not a table that fits the schema.
    """
    if target.suffix not in WRITERS:
        raise PredictorError(f"{target}: the output must be a {' or '.join(WRITERS)} file.")
    champion, writer, done = Bundle.load(CHAMPION), None, 0
    with TemporaryDirectory(dir=target.parent, prefix=".score-") as folder:
        scratch = Path(folder, target.name)
        try:
            for table in read(source):
                chunk = table.to_pandas(ignore_metadata=True)
                chunk.index += done
                for name, values in answers(champion, chunk).items():
                    table = table.append_column(str(name), pa.array(values))
                writer = writer or WRITERS[target.suffix](str(scratch), table.schema)
                writer.write_table(table)
                done += len(chunk)
                print(f"{done:,} rows", flush=True)
        except (OSError, ValueError, PredictorError) as error:
            raise PredictorError(f"{source}: {error}") from error
        finally:
            if writer:
                writer.close()
        if not done:
            raise PredictorError(f"{source} has no rows.")
        scratch.replace(target)


def read(source: Path) -> Iterator[pa.Table]:
    """Read a table in chunks; the values of a CSV stay text, exactly as in the file."""
    if source.suffix == ".parquet":
        for batch in pq.ParquetFile(source).iter_batches(CHUNK):
            yield pa.Table.from_batches([batch])
        return
    with source.open(encoding="utf-8-sig", newline="") as file:
        comma = delimiter(file.readline())
        file.seek(0)
        for rows in pd.read_csv(file, sep=comma, dtype=str, keep_default_na=False, chunksize=CHUNK):
            yield pa.Table.from_pandas(rows, preserve_index=False)


def answers(champion: Bundle, chunk: pd.DataFrame) -> pd.DataFrame:
    """Return the service's response for each row, one column for each field of the response."""
    if absent := [name for name in KINDS if name not in chunk]:
        hint = did_you_mean(absent[0], map(str, chunk))
        raise PredictorError(f"the column {absent[0]!r} is missing{hint}")
    rows = typed(chunk)[list(KINDS)]
    if violations := check(rows, TypeAdapter(list[Row])):
        raise PredictorError("\n  ".join(["Rows do not fit schema.py:", *violations]))
    rule, version = champion.metadata.rule, champion.version
    results = [task.prediction(each, rule, [], version) for each in champion.predict(rows).tolist()]
    found = pd.json_normalize([each.model_dump(exclude={"unseen"}) for each in results])
    if taken := [name for name in found if name in chunk]:
        raise PredictorError(f"the column {taken[0]!r} already exists: rename it.")
    return found
