"""`GET /model`: who answers, what it was trained and examined on, and what a row is."""

from datetime import UTC, datetime

from pydantic import BaseModel

from predictor.bundle import Metadata
from predictor.contract import Contract
from predictor.evaluation.report import Evaluation, Metrics
from predictor.gate.verdict import Verdict
from predictor.release import Champion
from predictor.serve.explain import Value
from predictor.statistics import Statistics


class ModelCard(BaseModel):
    """Everything that a form, a monitor or a person needs to know of the champion.

    `metrics` are those of the test rows, `typical` is a row of middle or most frequent values.
    """

    name: str
    version: str
    promoted: datetime
    age_seconds: float
    metrics: Metrics
    evaluation: Evaluation
    verdict: Verdict
    metadata: Metadata
    contract: Contract
    typical: dict[str, Value]
    statistics: Statistics


def model_card(champion: Champion) -> ModelCard:
    """Return what is known of the champion now."""
    bundle, release = champion.bundle, champion.release
    return ModelCard(
        name=release.name,
        version=release.version,
        promoted=release.promoted,
        age_seconds=(datetime.now(UTC) - release.promoted).total_seconds(),
        metrics=release.evaluation.model,
        evaluation=release.evaluation,
        verdict=release.verdict,
        metadata=bundle.metadata,
        contract=bundle.contract,
        typical=dict(bundle.statistics.typical()),
        statistics=bundle.statistics,
    )
