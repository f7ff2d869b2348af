"""What the service says about one row."""

from pydantic import BaseModel

from predictor.encoding import Columns
from predictor.release import Champion


class Answer(BaseModel):
    """Act if `decision`, which is whether `probability` reaches `threshold`."""

    probability: float
    decision: bool
    threshold: float
    model_version: str


def answer(champion: Champion, columns: Columns) -> Answer:
    """Answer for one row, given as one list of one value per column of the contract."""
    probability = float(champion.bundle.predict(columns)[0])
    threshold = champion.bundle.contract.costs.threshold
    return Answer(
        probability=probability,
        decision=probability >= threshold,
        threshold=threshold,
        model_version=champion.release.version,
    )
