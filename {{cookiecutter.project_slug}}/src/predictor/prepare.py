"""Stage `prepare`: every row checked against schema.py, then split by time."""

import logging
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from predictor import params
from predictor.errors import PredictorError, did_you_mean
from predictor.features import CATEGORIES, KINDS, NUMBER_FEATURES, encode
from predictor.paths import PREPARED, RAW
from predictor.schema import IGNORED, TARGET, TIME, Row, Target
from predictor.split import split

logger = logging.getLogger(__name__)

CHUNK = 20_000  # rows checked at a time: the objects of pydantic take 2 kB each


def prepare() -> None:
    """Write `data/prepared/{train,valid,test}.parquet`, without the columns that are ignored."""
    rows = read_raw().drop(columns=list(IGNORED))
    rows = rows.astype({name: float for name, kind in KINDS.items() if kind is float})
    parts = split(rows, params.read(params.Prepare))
    PREPARED.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        if part[TARGET].nunique() < 2:
            raise PredictorError(f"The {name} rows have only one {TARGET!r}: change `prepare`.")
        part.to_parquet(PREPARED / f"{name}.parquet", index=False)
        logger.info("%s: %s rows", name, f"{len(part):,}")
    for name, share in unseen(pd.concat([parts["train"], parts["valid"]]), parts["test"]).items():
        logger.warning("%s: training never saw the values of %s of the test", name, f"{share:.0%}")


def read_raw() -> pd.DataFrame:
    """Read all of `data/raw`, oldest file first, each file checked against the schema."""
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
    """Return one line for each column and rule that rows break, with the first rows that do."""
    absent = [name for name in dict.fromkeys((*KINDS, TARGET, TIME)) if name not in rows]
    if absent:
        return [f"{name}: no such column{did_you_mean(name, map(str, rows))}" for name in absent]
    features = rows.drop(columns=[TARGET, *IGNORED, *({TIME} - KINDS.keys())], errors="ignore")
    target: TypeAdapter[Any] = TypeAdapter(list[dict[str, Target]])
    return [*check(features, TypeAdapter(list[Row])), *check(rows[[TARGET]], target)]


def check(rows: pd.DataFrame, adapter: TypeAdapter[Any]) -> list[str]:
    """Return the same for the rules of one type; values are not converted."""
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
    """Return features of which over 1 % of the test values are outside those of training."""
    seen, new = encode(fit), encode(test)
    shares: dict[str, float] = {}
    for at, name in enumerate(NUMBER_FEATURES):
        low, high = np.nanmin(seen["numbers"][:, at]), np.nanmax(seen["numbers"][:, at])
        values = new["numbers"][:, at]
        shares[name] = float(np.mean((values < low) | (values > high)))
    for at, name in enumerate(CATEGORIES):
        known = set(seen["categories"][:, at])
        shares[name] = float(np.mean([value not in known for value in new["categories"][:, at]]))
    return {name: share for name, share in shares.items() if share > 0.01}
