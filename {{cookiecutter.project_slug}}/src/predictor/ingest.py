"""Stage `ingest`: the rows that have arrived, one Parquet file for each period."""

import hashlib
import json
import logging
import shutil

import pandas as pd

from predictor import data, params, split
from predictor.paths import DATA_VERSION, RAW, write_text

logger = logging.getLogger(__name__)


def ingest() -> None:
    """Write the files of `data/raw`, and the version of the data to `reports/data.json`."""
    parts = split.raw_files(data.read(), params.read(split.Ingest))
    shutil.rmtree(RAW, ignore_errors=True)
    RAW.mkdir(parents=True)
    for name, rows in parts.items():
        rows.to_parquet(RAW / f"{name}.parquet", index=False)
        logger.info("%s: %s rows", name, f"{len(rows):,}")
    version = {"version": hash_of_values(pd.concat(parts.values()))}
    write_text(DATA_VERSION, json.dumps(version, indent=2) + "\n")


def hash_of_values(rows: pd.DataFrame) -> str:
    """Return a short hash of names, types and values, which is the same on every system.

    The bytes of a Parquet file depend on the library that wrote it; the values do not.
    """
    digest = hashlib.sha256()
    for name, column in rows.items():
        digest.update(f"{name} {column.dtype.name}".encode())
        digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:12]
