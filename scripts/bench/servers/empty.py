"""The yardstick: validates the same body and returns a constant. It encodes and predicts nothing.

Usage: uvicorn empty:app
"""

import json
import os
from pathlib import Path

from fastapi import FastAPI
from predictor.schema import Row
from predictor.task import Prediction

EXPECTED = json.loads(Path(os.environ["BENCH_ANSWER"]).read_bytes())  # what the core answers
app = FastAPI()


@app.post("/predict")
async def predict(row: Row) -> Prediction:  # noqa: ARG001 (validated, not used)
    """Return a new object with the same content for every request."""
    return Prediction(**EXPECTED)
