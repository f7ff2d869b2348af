"""Which values of a row moved its answer: each is replaced by its typical value in turn."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from predictor.bundle import Bundle
from predictor.contract import Contract
from predictor.release import Champion
from predictor.serve.answer import Answer, Signed, outputs, signature, signed

Value = float | bool | str | None
Row = Mapping[str, object]


class Contribution(BaseModel):
    """`effect` = the output for this row minus `without`, the output with the typical value.

    It says what the model does with this value beside the others of the row, not what would
    happen in the world if the value were another.
    """

    column: str
    value: Value
    typical: Value
    without: float
    effect: float


class Explanation(Signed):
    """`output` names what the effects are measured on; the largest effect comes first."""

    answer: Answer
    output: str
    contributions: list[Contribution]


def explain(champion: Champion, row: Row) -> Explanation:
    """Answer for one row and for its variants, in one call of the model."""
    bundle, typical = champion.bundle, typical_row(champion.bundle)
    here, *elsewhere = outputs(bundle, variants(bundle.contract, row, typical))
    said = here.index(max(here))  # the class that is predicted, or the only output
    effects = dict(zip(row, (there[said] for there in elsewhere), strict=True))
    found = [
        Contribution(
            column=name,
            value=_shown(row[name]),
            typical=_shown(typical[name]),
            without=without,
            effect=here[said] - without,
        )
        for name, without in effects.items()
    ]
    return Explanation.model_validate(
        {
            "answer": signed(champion, here),
            "output": bundle.contract.outputs[said],
            "contributions": sorted(found, key=lambda each: -abs(each.effect)),
            **signature(champion),
        }
    )


def variants(contract: Contract, row: Row, typical: Row) -> dict[str, list[object]]:
    """Return n_columns + 1 rows: the row itself, then one per column with its typical value."""
    n_rows = len(contract.columns) + 1
    columns = {name: [row[name]] * n_rows for name in contract.columns}
    for at, name in enumerate(contract.columns, start=1):
        columns[name][at] = typical[name]
    return columns


def typical_row(bundle: Bundle) -> dict[str, object]:
    """Return the typical value of each column, as a request would give it."""
    found = bundle.statistics.typical()
    times = [name for name, kind in bundle.contract.columns.items() if kind.type == "timestamp"]
    return found | {name: _moment(found[name]) for name in times}


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _shown(value: object) -> Value:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, float | bool | str) else None
