"""Parquet files of the pipeline, read with a sentence when that fails."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from predictor.errors import PredictorError
from predictor.project import Project


def read_rows(path: Path, stage: str) -> pd.DataFrame:
    """Read a file that `stage` wrote.

    Raises:
        PredictorError: missing or damaged.
    """
    shown = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise PredictorError(f"{shown} is missing: run `uv run dvc repro {stage}`.")
    try:
        return pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise PredictorError(
            f"{shown} is damaged ({error}): delete it and run `uv run dvc repro {stage}`."
        ) from error


def read_prepared(project: Project, *names: str) -> pd.DataFrame:
    """Read and join parts of `data/prepared`, such as `train` and `valid`.

    Raises:
        PredictorError: one is missing or damaged.
    """
    parts = [read_rows(project.prepared / f"{name}.parquet", "prepare") for name in names]
    return pd.concat(parts, ignore_index=True)
