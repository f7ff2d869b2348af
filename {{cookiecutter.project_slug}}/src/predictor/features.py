"""Raw columns as the two inputs of the model: a matrix of numbers and a matrix of categories.

Training and the API share `encode`, so a row means the same to both. It needs no pandas, which
the service does not have. A feature of your own belongs here: compute it from `columns`.
"""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, get_args

import numpy as np
import numpy.typing as npt
from pydantic import NaiveDatetime

from predictor.schema import CALENDAR, Row

MISSING = "(missing)"  # ONNX Runtime would read None as the category "None"

# What the model can see of a local time; schema.py chooses under CALENDAR.
CALENDAR_PARTS: dict[str, Callable[[datetime], int]] = {
    "month": lambda time: time.month,
    "day": lambda time: time.day,
    "weekday": datetime.weekday,  # Monday is 0
    "hour": lambda time: time.hour,
    "minute_of_day": lambda time: 60 * time.hour + time.minute,
}


def _kind(annotation: object) -> type:
    """Return the type of a column, whether or not it may be missing; a `Literal` is text."""
    options = [annotation, *get_args(annotation)]
    options += [inner for option in options for inner in get_args(option)]  # of Annotated
    return next((kind for kind in (float, int, bool, NaiveDatetime) if kind in options), str)


# The type of each column, under the name that it has in the data.
KINDS = {field.alias or name: _kind(field.annotation) for name, field in Row.model_fields.items()}
NUMBERS = [name for name, kind in KINDS.items() if kind in (float, int, bool)]
CATEGORIES = [name for name, kind in KINDS.items() if kind is str]
TIMES = [name for name, kind in KINDS.items() if kind is NaiveDatetime]
NUMBER_FEATURES = [*NUMBERS, *(f"{name}.{part}" for name in TIMES for part in CALENDAR[name])]
FEATURES = [*NUMBER_FEATURES, *CATEGORIES]


class Columns(Protocol):
    """n values for each name: a DataFrame, or a dict of lists."""

    def __getitem__(self, name: str, /) -> Any: ...  # noqa: ANN401


def encode(columns: Columns) -> dict[str, npt.NDArray[Any]]:
    """Return the inputs for n rows.

    `numbers` are float32 of the shape (n, n_number_features), NaN where missing; `categories` are
    text of the shape (n, n_categories), MISSING where missing.
    """
    numbers = [_listed(columns[name]) for name in NUMBERS]
    for name in TIMES:
        times = _listed(columns[name])
        numbers += [
            [math.nan if _is_missing(time) else CALENDAR_PARTS[part](time) for time in times]
            for part in CALENDAR[name]
        ]
    categories = [
        [MISSING if _is_missing(value) else str(value) for value in _listed(columns[name])]
        for name in CATEGORIES
    ]
    inputs = {}
    if numbers:
        inputs["numbers"] = np.array(numbers, dtype=np.float32).T
    if categories:
        inputs["categories"] = np.array(categories, dtype=object).T
    return inputs


def _is_missing(value: object) -> bool:
    return value is None or value != value  # NaN and NaT are not equal to themselves


def _listed(column: Any) -> list[Any]:  # noqa: ANN401
    return column if isinstance(column, list) else column.tolist()
