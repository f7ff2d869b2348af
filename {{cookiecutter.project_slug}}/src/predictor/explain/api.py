"""`POST /explain`: which values of a row moved its answer."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel

from predictor.api import answer, champion
from predictor.bundle import Bundle
from predictor.features import KINDS, TIMES
from predictor.schema import Row
from predictor.task import Floats, Prediction

Value = float | bool | str | None

router = APIRouter()


class Contribution(BaseModel):
    """`effect` is the answer for this row, minus the answer with the typical value instead.

    It says what the model does with this value beside the others of the row, not what would happen
    in the world if the value were another.
    """

    column: str
    value: Value
    typical: Value
    effect: float


class Explanation(BaseModel):
    """An answer and what moved it, the largest effect first."""

    prediction: Prediction
    contributions: list[Contribution]


# `def`, hence in a thread: a row of many columns has many variants.
@router.post("/explain")
def explain(row: Row, request: Request) -> Explanation:
    """Answer for one row, and for its variants with one typical value each."""
    bundle = champion(request)
    values = row.model_dump(by_alias=True)
    typical = {name: typical_value(bundle.reference["columns"][name]) for name in KINDS}
    effects = measure(bundle, values, typical)
    found = [
        Contribution(
            column=name, value=plain(values[name]), typical=plain(typical[name]), effect=effect
        )
        for name, effect in zip(KINDS, effects, strict=True)
    ]
    return Explanation(
        prediction=answer(request, [row])[0],
        contributions=sorted(found, key=lambda each: -abs(each.effect)),
    )


def measure(bundle: Bundle, values: dict[str, Any], typical: dict[str, Any]) -> list[float]:
    """Return the effect of each column; the model answers for all variants in one call."""
    variants = {name: [value] * (len(KINDS) + 1) for name, value in values.items()}
    for position, name in enumerate(KINDS, start=1):
        variants[name][position] = times_from_text(name, typical[name])
    outputs: Floats = bundle.predict(variants)
    if outputs.ndim > 1:  # of several classes, the one that the row gets
        outputs = outputs[:, outputs[0].argmax()]
    return [float(each) for each in outputs[0] - outputs[1:]]


def typical_value(column: dict[str, Any]) -> Value:
    """Return the middle or the most frequent value of the training rows, or None for missing."""
    if column["missing"] > 0.5:
        return None
    if "quantiles" in column:
        middle: Value = column["quantiles"][len(column["quantiles"]) // 2]
        return middle
    shares: dict[str, float] = column["shares"]
    return max(shares, key=shares.__getitem__)


def times_from_text(name: str, value: Value) -> Value | datetime:
    """Return a value as a row holds it."""
    return datetime.fromisoformat(str(value)) if name in TIMES and value is not None else value


def plain(value: Any) -> Value:  # noqa: ANN401
    """Return a value as JSON shows it."""
    return value.isoformat() if isinstance(value, datetime) else value


def install(app: FastAPI) -> None:
    """Add the route to the service."""
    app.include_router(router)
