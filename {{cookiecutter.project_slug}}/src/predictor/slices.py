"""How the model does on parts of the test rows, which the contract's columns define."""

import pandas as pd

from predictor.contract import CategoryColumn, Contract
from predictor.metrics import loss
from predictor.targets import Outputs, Truth

MOST_NAMES = 20
COLUMNS = ["column", "value", "rows", "loss"]


def losses(
    contract: Contract, rows: pd.DataFrame, truth: Truth, outputs: Outputs, fewest: int
) -> pd.DataFrame:
    """Return `column`, `value`, `rows` and `loss` of every slice, the worst first.

    A slice is one name of a category, or one truth of a boolean, with at least `fewest` rows;
    categories of more than 20 names give none. The loss is that of the task.
    """
    found = [
        (name, str(value), int(inside.sum()), _loss(contract, truth, outputs, inside))
        for name in sliceable(contract)
        for value, inside in _parts(rows[name], fewest)
    ]
    frame = pd.DataFrame(found, columns=COLUMNS)
    return frame.sort_values("loss", ascending=False, kind="stable", ignore_index=True)


def sliceable(contract: Contract) -> list[str]:
    """Return the columns whose values make slices: categories and booleans."""
    return [
        name
        for name, column in contract.columns.items()
        if isinstance(column, CategoryColumn) or column.type == "boolean"
    ]


def _parts(values: pd.Series, fewest: int) -> list[tuple[object, pd.Series]]:
    sizes = values.value_counts()
    if len(sizes) > MOST_NAMES:
        return []
    return [(value, values == value) for value, size in sizes.items() if size >= fewest]


def _loss(contract: Contract, truth: Truth, outputs: Outputs, inside: pd.Series) -> float:
    chosen = inside.to_numpy(bool)
    return loss(contract, truth[chosen], outputs[chosen])
