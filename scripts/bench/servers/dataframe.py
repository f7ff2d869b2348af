"""How it is usually done: FastAPI and the scikit-learn pipeline. Usage: uvicorn dataframe:app."""

from fastapi import FastAPI
from predictor.schema import Row
from predictor.task import Prediction
from scoring import score

app = FastAPI()


@app.post("/predict")
async def predict(row: Row) -> Prediction:
    """Answer with the pipeline."""
    return score(row)
