"""How it is usually done: the scikit-learn pipeline on a DataFrame of one row.

Usage: python dataframe.py PROJECT ANSWER.json PORT PIPELINE.joblib
"""

import sys
from pathlib import Path

import joblib
import pandas as pd
from common import answer_like, champion, row_of, run
from fastapi import FastAPI
from predictor.serve.schema import to_columns
from pydantic import BaseModel

project, answer, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
pipeline = joblib.load(sys.argv[4])
contract = champion(project).contract
Answer, constant = answer_like(answer)
app = FastAPI()


async def predict(row: BaseModel) -> BaseModel:
    """Answer with the pipeline."""
    frame = pd.DataFrame(to_columns(contract, [row]))
    probability = float(pipeline.predict_proba(frame)[0, 1])
    decision = probability >= contract.threshold
    return Answer(**constant | {"probability": probability, "decision": decision})


predict.__annotations__["row"] = row_of(champion(project))
app.post("/predict", response_model=Answer)(predict)
run(app, port)
