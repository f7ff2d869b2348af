"""Stage `prepare`: check every row against schema.py, then split the rows."""

import logging
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from predictor import params, split
from predictor.errors import PredictorError, did_you_mean
from predictor.features import CATEGORIES, KINDS, NUMBER_FEATURES, encode
from predictor.paths import PREPARED, RAW
from predictor.schema import IGNORED, TARGET, Row, Target

logger = logging.getLogger(__name__)

CHUNK = 20_000  # rows checked at a time: pydantic needs 2 kB for each


def prepare() -> None:
    """Write `data/prepared/{train,valid,test}.parquet`, without the columns in IGNORED."""
    rows = read_raw().drop(columns=list(IGNORED))
    rows = rows.astype({name: float for name, kind in KINDS.items() if kind is float})
    parts = split.split(rows, params.read(split.Prepare))
    PREPARED.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        if part[TARGET].nunique() < 2:
            raise PredictorError(f"All {name} rows have the same {TARGET!r}: change `prepare`.")
        part.to_parquet(PREPARED / f"{name}.parquet", index=False)
        logger.info("%s: %s rows", name, f"{len(part):,}")
    for name, share in unseen(pd.concat([parts["train"], parts["valid"]]), parts["test"]).items():
        logger.warning("%s: %s of the test values were not in training", name, f"{share:.0%}")


def read_raw() -> pd.DataFrame:
    """Read all files of `data/raw`, the oldest first, and check each against the schema."""
    paths = sorted(RAW.glob("*.parquet"))
    if not paths:
        raise PredictorError(f"No Parquet file in {RAW}: run `uv run dvc repro ingest`.")
    frames = [pd.read_parquet(path) for path in paths]
    for path, frame in zip(paths, frames, strict=True):
        found = violations(frame)
        if found:
            raise PredictorError("\n  ".join([f"{path} does not fit schema.py:", *found]))
    return pd.concat(frames, ignore_index=True)


def violations(rows: pd.DataFrame) -> list[str]:
    """Return one line for each violated rule of a column, with the first rows that violate it."""
    absent = [name for name in dict.fromkeys((*KINDS, TARGET, *split.KEYS)) if name not in rows]
    if absent:
        return [f"{name}: no such column{did_you_mean(name, map(str, rows))}" for name in absent]
    others = {TARGET, *IGNORED, *split.KEYS} - KINDS.keys()
    features = rows.drop(columns=list(others), errors="ignore")
    target: TypeAdapter[Any] = TypeAdapter(list[dict[str, Target]])
    return [*check(features, TypeAdapter(list[Row])), *check(rows[[TARGET]], target)]


def check(rows: pd.DataFrame, adapter: TypeAdapter[Any]) -> list[str]:
    """Return such lines for rows of the type in `adapter`; values are not converted."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for start in range(0, len(rows), CHUNK):
        chunk = rows.iloc[start : start + CHUNK]
        records = chunk.astype(object).where(chunk.notna(), None).to_dict("records")
        try:
            adapter.validate_python(records, strict=True)
        except ValidationError as error:
            for each in error.errors(include_url=False):
                position, column = each["loc"][:2]
                case = f"row {chunk.index[int(position)]:,}: {each['input']!r}"
                found[str(column), each["msg"]].append(case)
    return [
        f"{column}: {rule}: {len(cases):,} rows, the first: {', '.join(cases[:3])}"
        for (column, rule), cases in found.items()
    ]


def unseen(fit: pd.DataFrame, test: pd.DataFrame) -> dict[str, float]:
    """Return the share of test values not seen in training, for features where it is over 1 %."""
    seen, new, shares = encode(fit), encode(test), {}
    for i, name in enumerate(NUMBER_FEATURES):
        (low, high), values = np.nanquantile(seen["numbers"][:, i], [0, 1]), new["numbers"][:, i]
        shares[name] = float(np.mean((values < low) | (values > high)))
    for i, name in enumerate(CATEGORIES):
        shares[name] = 1 - pd.Index(new["categories"][:, i]).isin(seen["categories"][:, i]).mean()
    return {name: share for name, share in shares.items() if share > 0.01}
