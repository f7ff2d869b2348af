"""What the service says about rows, task by task."""

from math import isfinite

from pydantic import BaseModel, ConfigDict

from predictor.bundle import Bundle
from predictor.contract import Task
from predictor.encoding import Columns
from predictor.errors import PredictorError
from predictor.release import Champion
from predictor.serve.logs import REQUEST_ID


class Signed(BaseModel):
    """Who answered: the version of the model, and the number of the request."""

    model_config = ConfigDict(protected_namespaces=())

    model_version: str
    request_id: str


class Decision(BaseModel):
    """Binary: act if `decision`, which is whether `probability` reaches `threshold`."""

    probability: float
    decision: bool
    threshold: float


class Choice(BaseModel):
    """Multiclass: the most probable class, and the probability of each."""

    prediction: str
    probabilities: dict[str, float]


class Estimate(BaseModel):
    """Regression: a value, and the interval that holds the truth with probability `coverage`."""

    value: float
    low: float
    high: float
    coverage: float
    unit: str


class SignedDecision(Signed, Decision):
    """The answer to one row of a binary task."""


class SignedChoice(Signed, Choice):
    """The answer to one row of a multiclass task."""


class SignedEstimate(Signed, Estimate):
    """The answer to one row of a regression task."""


Prediction = Decision | Choice | Estimate
Answer = SignedDecision | SignedChoice | SignedEstimate
PREDICTIONS: dict[Task, type[Prediction]] = {
    "binary": Decision,
    "multiclass": Choice,
    "regression": Estimate,
}
ANSWERS: dict[Task, type[Answer]] = {
    "binary": SignedDecision,
    "multiclass": SignedChoice,
    "regression": SignedEstimate,
}


class NoAnswerError(PredictorError):
    """The values of a row are so extreme that the model's arithmetic gives no number."""


def answer(champion: Champion, columns: Columns) -> Answer:
    """Answer for one row, given as one list of one value per column of the contract."""
    return signed(champion, outputs(champion.bundle, columns)[0])


def predictions(bundle: Bundle, columns: Columns) -> list[Prediction]:
    """Answer for each row, given as one list of n values per column of the contract."""
    kind = PREDICTIONS[bundle.contract.task]
    return [kind.model_validate(_judged(bundle, row)) for row in outputs(bundle, columns)]


def outputs(bundle: Bundle, columns: Columns) -> list[list[float]]:
    """Return `Contract.outputs` for each row.

    Raises:
        NoAnswerError: one of them is no number.
    """
    rows: list[list[float]] = bundle.predict(columns).tolist()
    if not isfinite(sum(map(sum, rows))):
        number = next(number for number, row in enumerate(rows, 1) if not isfinite(sum(row)))
        raise NoAnswerError(f"row {number}: the model has no answer to values this extreme")
    return rows


def signed(champion: Champion, outputs: list[float]) -> Answer:
    """Return the answer that follows from what the model says about one row."""
    kind = ANSWERS[champion.bundle.contract.task]
    return kind.model_validate(_judged(champion.bundle, outputs) | signature(champion))


def signature(champion: Champion) -> dict[str, object]:
    """Return the fields of `Signed` for the request that is being answered."""
    return {"model_version": champion.release.version, "request_id": REQUEST_ID.get()}


def said(prediction: Prediction) -> str:
    """Return the answer in one word, for the count of predictions."""
    match prediction:
        case Decision(decision=acts):
            return str(acts).lower()
        case Choice(prediction=name):
            return name
        case Estimate():
            return "value"


def _judged(bundle: Bundle, outputs: list[float]) -> dict[str, object]:
    """Return the fields of the task's `Prediction` for one row of `Contract.outputs`."""
    match bundle.contract.task:
        case "binary":
            threshold, probability = bundle.contract.threshold, outputs[0]
            acts = probability >= threshold
            return {"probability": probability, "decision": acts, "threshold": threshold}
        case "multiclass":
            probabilities = dict(zip(bundle.contract.target.classes, outputs, strict=True))
            best = max(probabilities, key=probabilities.__getitem__)
            return {"prediction": best, "probabilities": probabilities}
        case "regression":
            return _estimate(bundle, outputs[0])


def _estimate(bundle: Bundle, value: float) -> dict[str, object]:
    interval = bundle.interval
    return {
        "value": value,
        "low": value - interval.half_width,
        "high": value + interval.half_width,
        "coverage": interval.coverage,
        "unit": bundle.contract.target.unit,
    }
