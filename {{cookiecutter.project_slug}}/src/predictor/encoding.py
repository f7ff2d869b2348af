"""Raw columns as the two arrays that the model takes: numbers and categories.

Training, the bundle and the service all call `encode`, so a row means the same everywhere. It
uses NumPy only, because the service has no pandas.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from predictor.contract import CategoryColumn, Contract, TimestampColumn
from predictor.moments import time_parts

Floats = npt.NDArray[np.float32]

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
    numbers: list[Floats | Sequence[object]] = []
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


def _floats(values: Any) -> Floats | Sequence[object]:  # noqa: ANN401
    # Lists are left to `_float_matrix`, which converts all of them in one call.
    return values if isinstance(values, list) else np.asarray(values, dtype=np.float32)


def _listed(values: Any) -> list[object]:  # noqa: ANN401
    # Walking through a column of pandas takes ten times as long.
    return values if isinstance(values, list) else values.tolist()


def _name(value: object) -> str:
    return MISSING if value is None or value != value else str(value)  # NaN is not itself


def _float_matrix(columns: Sequence[Floats | Sequence[object]], n_rows: int) -> Floats:
    # `np.column_stack` takes three times as long for one row.
    rows_last = np.array(columns, dtype=np.float32).reshape(len(columns), n_rows)
    return np.ascontiguousarray(rows_last.T)


def _object_matrix(columns: list[list[str]], n_rows: int) -> npt.NDArray[np.object_]:
    matrix = np.empty((n_rows, len(columns)), dtype=object)
    for position, column in enumerate(columns):
        matrix[:, position] = column
    return matrix
