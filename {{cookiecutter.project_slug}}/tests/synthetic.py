"""Synthetic rows for any schema.py, with a target that can be learned."""

from datetime import datetime, timedelta
from typing import Any, Literal, get_args, get_origin

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic.fields import FieldInfo

from predictor.features import KINDS, TIMES
from predictor.schema import IGNORED, TARGET, TIME, Row, Target
from predictor.split import KEYS

FIRST_DAY, DAYS = datetime(2024, 1, 1), 90
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
TARGET_TYPE: object = Target  # a type, or a Literal of classes
NAMES = ["A", "B", "C"]
FIELDS = {field.alias or name: field for name, field in Row.model_fields.items()}
FREE = [name for name, field in FIELDS.items() if field.annotation in (str, str | None)]


def table(n: int = 900, seed: int = 0) -> pd.DataFrame:
    """Return n rows with every column of the schema, ordered in time."""
    rng = np.random.default_rng(seed)
    minutes = np.sort(rng.integers(0, DAYS * 24 * 60, n))
    times = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(minutes, unit="min")
    columns: dict[str, Any] = {name: values(field, n, rng) for name, field in FIELDS.items()}
    columns |= {name: range(n) for name in (*IGNORED, *KEYS) if name not in columns}
    columns |= dict.fromkeys([*TIMES, *([TIME] if TIME else [])], times)
    score = sum(ranked(columns[name]) for name in list(KINDS)[:3] if name not in TIMES)
    noise: npt.NDArray[np.float64] = rng.normal(0, 0.3, n)
    return pd.DataFrame(columns | {TARGET: targets(score + noise)})


def values(field: FieldInfo, n: int, rng: np.random.Generator) -> Any:
    """Return n values that a field allows; one in ten is missing if that is allowed."""
    if get_origin(field.annotation) is Literal:
        return rng.choice(get_args(field.annotation), n)
    low = next((each.ge for each in field.metadata if hasattr(each, "ge")), 0)
    high = next((each.le for each in field.metadata if hasattr(each, "le")), 100)
    match KINDS[field.alias or next(name for name, each in FIELDS.items() if each is field)]:
        case kind if kind is bool:
            return rng.random(n) < 0.5
        case kind if kind is int:
            return rng.integers(int(low), int(high) + 1, n)
        case kind if kind is float:
            numbers = rng.uniform(low, high, n)
            return (
                numbers if field.is_required() else np.where(rng.random(n) < 0.1, np.nan, numbers)
            )
    return rng.choice(NAMES, n)


def ranked(column: Any) -> Any:
    """Return numbers from 0 to 1 that rise with the values."""
    return pd.Series(column).rank(method="dense", pct=True).fillna(0.5).to_numpy()


def targets(score: npt.NDArray[np.float64]) -> Any:
    """Return the target: True for the upper third, a class for each equal share, or the score."""
    if TARGET_TYPE is bool:
        return score > np.quantile(score, 2 / 3)
    classes = get_args(Target)
    if not classes:
        return score
    edges = np.quantile(score, np.linspace(0, 1, len(classes) + 1)[1:-1])
    return np.array(classes)[np.searchsorted(edges, score)]
