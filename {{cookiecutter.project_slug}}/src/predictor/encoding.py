"""Raw columns as the two arrays that the model takes: numbers and categories.

Training, the bundle and the service all call `encode`, so a row means the same everywhere. It
uses NumPy only, because the service has no pandas.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from predictor.contract import CategoryColumn, Contract, TimePart, TimestampColumn

Floats = npt.NDArray[np.float32]
Days = npt.NDArray[np.datetime64]

# ONNX Runtime reads None as "None" and NaN as "nan": missing names become this one instead.
MISSING = "(missing)"


class Columns(Protocol):
    """The values of n rows under the name of each column: a DataFrame, or a dict of lists."""

    def __getitem__(self, name: str, /) -> Any: ...  # noqa: ANN401


@dataclass(frozen=True)
class Inputs:
    """What the model takes, row by row in the same order."""

    numbers: Floats  # (n_rows, n_numbers), NaN where missing
    categories: npt.NDArray[np.object_]  # (n_rows, n_categories), MISSING where missing


def encode(contract: Contract, columns: Columns) -> Inputs:
    """Encode `columns`, each of n values, in the order of the contract."""
    numbers: list[Floats | list[object]] = []
    categories: list[list[str]] = []
    for name, column in contract.columns.items():
        values = columns[name]
        match column:
            case CategoryColumn():
                categories.append([_name(value) for value in _listed(values)])
            case TimestampColumn():
                numbers.extend(time_parts(values, column.parts))
            case _:
                numbers.append(_floats(values))
    n_rows = len(numbers[0]) if numbers else len(categories[0])
    return Inputs(_float_matrix(numbers, n_rows), _object_matrix(categories, n_rows))


def time_parts(values: Any, parts: tuple[TimePart, ...]) -> list[Floats]:  # noqa: ANN401
    """Split n local timestamps into one float array of n per part, NaN where missing.

    Weekdays count from Monday = 0; months, days and days of the year from 1.
    """
    times = np.asarray(values, dtype="datetime64[s]")
    absent = np.isnat(times)
    found = [_PARTS[part](times).astype(np.float32) for part in parts]
    for floats in found:
        floats[absent] = np.nan
    return found


def _floats(values: Any) -> Floats | list[object]:  # noqa: ANN401
    # Lists are left to `_float_matrix`, which converts all of them in one call.
    return values if isinstance(values, list) else np.asarray(values, dtype=np.float32)


def _listed(values: Any) -> list[object]:  # noqa: ANN401
    # Walking through a column of pandas takes ten times as long.
    return values if isinstance(values, list) else values.tolist()


def _name(value: object) -> str:
    return MISSING if value is None or value != value else str(value)  # NaN is not itself


def _float_matrix(columns: Sequence[Floats | list[object]], n_rows: int) -> Floats:
    # `np.column_stack` takes three times as long for one row.
    rows_last = np.array(columns, dtype=np.float32).reshape(len(columns), n_rows)
    return np.ascontiguousarray(rows_last.T)


def _object_matrix(columns: list[list[str]], n_rows: int) -> npt.NDArray[np.object_]:
    matrix = np.empty((n_rows, len(columns)), dtype=object)
    for position, column in enumerate(columns):
        matrix[:, position] = column
    return matrix


def _count(times: Days, unit: str) -> npt.NDArray[np.int64]:
    """Return how many whole units have passed since 1970 began, a Thursday."""
    return times.astype(f"datetime64[{unit}]").astype(np.int64)


def _days_since(times: Days, unit: str) -> npt.NDArray[np.int64]:
    start = times.astype(f"datetime64[{unit}]").astype("datetime64[D]")
    passed: npt.NDArray[np.timedelta64] = times.astype("datetime64[D]") - start
    return passed.astype(np.int64)


_PARTS: dict[TimePart, Callable[[Days], npt.NDArray[np.int64]]] = {
    "month": lambda times: _count(times, "M") % 12 + 1,
    "day": lambda times: _days_since(times, "M") + 1,
    "weekday": lambda times: (_count(times, "D") + 3) % 7,
    "hour": lambda times: _count(times, "h") % 24,
    "minute_of_day": lambda times: _count(times, "m") % 1440,
    "day_of_year": lambda times: _days_since(times, "Y") + 1,
}
