"""Stage `ingest`: the rows that have arrived, one Parquet file for each month.

A new month adds a file and does not change the others, so DVC stores only the new file.
"""

import hashlib
import json
import logging
import shutil

import pandas as pd

from predictor import data, params
from predictor.paths import DATA_VERSION, RAW, write_text
from predictor.split import split_by_month

logger = logging.getLogger(__name__)


def ingest() -> None:
    """Write `data/raw/<month>.parquet`, and the version of the data to `reports/data.json`."""
    parts = split_by_month(data.read(), params.read(params.Ingest))
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
