"""The pipeline behind BentoML. Usage: bentoml serve bento_service:Predictor."""

import bentoml
from predictor.schema import Row
from predictor.task import Prediction
from scoring import score


@bentoml.service(workers=1, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class Predictor:
    """One endpoint."""

    @bentoml.api
    async def predict(self, row: Row, /) -> Prediction:
        """Answer with the pipeline; the body is the row itself."""
        return score(row)
