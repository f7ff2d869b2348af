"""`POST /explain`: the effect of each value of a row on its prediction."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel

from predictor.api import answer, champion
from predictor.bundle import Bundle
from predictor.features import KINDS, TIMES
from predictor.schema import Row
from predictor.task import Floats, Prediction

Value = bool | int | float | str | None

router = APIRouter()


class Contribution(BaseModel):
    """`effect` is the prediction for this row minus the prediction with the typical value.

    It shows how the model uses this value, given the other values of the row, not what would happen
    in reality if the value changed.
    """

    column: str
    value: Value
    typical: Value
    effect: float


class Explanation(BaseModel):
    """A prediction and the effect of each column on it, the largest effect first."""

    prediction: Prediction
    contributions: list[Contribution]


# `def`, so FastAPI runs it in a thread: a row with many columns has many variants.
@router.post("/explain")
def explain(row: Row, request: Request) -> Explanation:
    """Return the prediction for one row, and the effect of each column on it."""
    bundle = champion(request)
    values = row.model_dump(by_alias=True)
    typical = {name: bundle.reference["columns"][name]["typical"] for name in KINDS}
    effects = measure(bundle, values, typical)
    found = [
        Contribution(
            column=name, value=to_json(values[name]), typical=to_json(typical[name]), effect=effect
        )
        for name, effect in zip(KINDS, effects, strict=True)
    ]
    return Explanation(
        prediction=answer(request, [row])[0],
        contributions=sorted(found, key=lambda each: -abs(each.effect)),
    )


def measure(bundle: Bundle, values: dict[str, Any], typical: dict[str, Any]) -> list[float]:
    """Return the effect of each column; all variants are predicted in one call of the model."""
    variants = {name: [value] * (len(KINDS) + 1) for name, value in values.items()}
    for position, name in enumerate(KINDS, start=1):
        variants[name][position] = parse_time(name, typical[name])
    outputs: Floats = bundle.predict(variants)
    if outputs.ndim > 1:  # with several classes, the predicted one
        outputs = outputs[:, outputs[0].argmax()]
    return [float(each) for each in outputs[0] - outputs[1:]]


def parse_time(name: str, value: Value) -> Value | datetime:
    """Convert the text of a time to a datetime; return other values unchanged."""
    return datetime.fromisoformat(str(value)) if name in TIMES and value is not None else value


def to_json(value: Any) -> Value:  # noqa: ANN401
    """Convert a datetime to text; return other values unchanged."""
    return value.isoformat() if isinstance(value, datetime) else value


def install(app: FastAPI) -> None:
    """Add the route to the service."""
    app.include_router(router)
