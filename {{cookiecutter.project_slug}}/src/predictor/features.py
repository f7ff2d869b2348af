"""Encode raw columns as the model's two inputs: a matrix of numbers and one of categories.

Training and the API share `encode`, so both compute the same features. It does not use pandas,
which the service does not have. Add your own features here, computed from `columns`.
"""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
from pydantic import NaiveDatetime

from predictor.schema import CALENDAR, Row

MISSING = "(missing)"  # ONNX Runtime would read None as the category "None"

# The possible features of a local time; CALENDAR in schema.py chooses from them.
CALENDAR_PARTS: dict[str, Callable[[datetime], int]] = {
    "month": lambda time: time.month,
    "day": lambda time: time.day,
    "weekday": datetime.weekday,  # Monday is 0
    "minute_of_day": lambda time: 60 * time.hour + time.minute,
}


def _kind(annotation: object) -> type:
    """Return the type of a column, without None if it is optional; a `Literal` is text."""
    options = [annotation, *get_args(annotation)]
    options += [inner for option in options for inner in get_args(option)]  # inside Annotated
    return next((kind for kind in (float, int, bool, NaiveDatetime) if kind in options), str)


# The type of each column, by its name in the data.
KINDS = {field.alias or name: _kind(field.annotation) for name, field in Row.model_fields.items()}
NUMBERS = [name for name, kind in KINDS.items() if kind in (float, int, bool)]
CATEGORIES = [name for name, kind in KINDS.items() if kind is str]
TIMES = [name for name, kind in KINDS.items() if kind is NaiveDatetime]
NUMBER_FEATURES = [*NUMBERS, *(f"{name}.{part}" for name in TIMES for part in CALENDAR[name])]
FEATURES = [*NUMBER_FEATURES, *CATEGORIES]
Columns: TypeAlias = Any  # n values for each name: a DataFrame, or a dict of lists


def encode(columns: Columns) -> dict[str, npt.NDArray[Any]]:
    """Return the inputs for n rows.

    `numbers` are float32 of the shape (n, n_number_features), NaN where missing; `categories` are
    text of the shape (n, n_categories), MISSING where missing.
    """
    numbers = [_to_list(columns[name]) for name in NUMBERS]
    for name in TIMES:
        times = _to_list(columns[name])
        numbers += [
            [math.nan if _is_missing(time) else CALENDAR_PARTS[part](time) for time in times]
            for part in CALENDAR[name]
        ]
    categories = [
        [MISSING if _is_missing(value) else str(value) for value in _to_list(columns[name])]
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


def _to_list(column: Any) -> list[Any]:  # noqa: ANN401
    return column if isinstance(column, list) else column.tolist()
