"""What the service says about one row, task by task."""

from pydantic import BaseModel

from predictor.bundle import Bundle
from predictor.encoding import Columns
from predictor.release import Champion


class Decision(BaseModel):
    """Binary: act if `decision`, which is whether `probability` reaches `threshold`."""

    probability: float
    decision: bool
    threshold: float
    model_version: str


class Choice(BaseModel):
    """Multiclass: the most probable class, and the probability of each."""

    prediction: str
    probabilities: dict[str, float]
    model_version: str


class Estimate(BaseModel):
    """Regression: a value, and the interval that holds the truth with probability `coverage`."""

    value: float
    low: float
    high: float
    coverage: float
    unit: str
    model_version: str


Answer = Decision | Choice | Estimate
ANSWERS: dict[str, type[Answer]] = {
    "binary": Decision,
    "multiclass": Choice,
    "regression": Estimate,
}


def answer(champion: Champion, columns: Columns) -> Answer:
    """Answer for one row, given as one list of one value per column of the contract."""
    bundle, version = champion.bundle, champion.release.version
    outputs: list[float] = bundle.predict(columns)[0].tolist()
    match bundle.contract.task:
        case "binary":
            return _decision(bundle, version, outputs[0])
        case "multiclass":
            return _choice(bundle, version, outputs)
        case "regression":
            return _estimate(bundle, version, outputs[0])


def _decision(bundle: Bundle, version: str, probability: float) -> Decision:
    threshold = bundle.contract.threshold
    return Decision(
        probability=probability,
        decision=probability >= threshold,
        threshold=threshold,
        model_version=version,
    )


def _choice(bundle: Bundle, version: str, outputs: list[float]) -> Choice:
    probabilities = dict(zip(bundle.contract.target.classes, outputs, strict=True))
    best = max(probabilities, key=probabilities.__getitem__)
    return Choice(prediction=best, probabilities=probabilities, model_version=version)


def _estimate(bundle: Bundle, version: str, value: float) -> Estimate:
    interval = bundle.interval
    return Estimate(
        value=value,
        low=value - interval.half_width,
        high=value + interval.half_width,
        coverage=interval.coverage,
        unit=bundle.contract.target.unit,
        model_version=version,
    )
