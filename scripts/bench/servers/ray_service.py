"""The pipeline behind Ray Serve. Usage: python ray_service.py PORT."""

import signal
import sys

import ray
from fastapi import FastAPI
from predictor.schema import Row
from predictor.task import Prediction
from ray import serve
from scoring import score

app = FastAPI()


@serve.deployment(num_replicas=1)
@serve.ingress(app)
class Predictor:
    """One endpoint."""

    @app.post("/predict")
    async def predict(self, row: Row) -> Prediction:
        """Answer with the pipeline."""
        return score(row)


ray.init(include_dashboard=False, _node_ip_address="127.0.0.1")
serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
serve.run(Predictor.bind(), logging_config={"enable_access_log": False})
signal.pause()
