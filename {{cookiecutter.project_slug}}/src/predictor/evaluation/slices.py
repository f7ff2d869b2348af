"""How the model does on parts of the test rows, which the contract's columns define."""

import pandas as pd

from predictor.contract import CategoryColumn, Contract
from predictor.evaluation.answers import Answers
from predictor.evaluation.metrics import loss

MOST_NAMES = 20
COLUMNS = ["column", "value", "rows", "loss", "dummy"]


def losses(contract: Contract, rows: pd.DataFrame, answers: Answers, fewest: int) -> pd.DataFrame:
    """Return `column`, `value`, `rows`, `loss` and that of the `dummy` of every slice.

    The slice with the highest loss comes first.

    A slice is one name of a category, or one truth of a boolean, with at least `fewest` rows;
    categories of more than 20 names give none. The loss is that of the task.
    """
    found = [
        (name, str(value), int(inside.sum()), *_losses(contract, answers, inside))
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


def _losses(contract: Contract, answers: Answers, inside: pd.Series) -> tuple[float, float]:
    chosen = inside.to_numpy(bool)
    truth = answers.truth[chosen]
    return (
        loss(contract, truth, answers.model[chosen]),
        loss(contract, truth, answers.dummy[chosen]),
    )
