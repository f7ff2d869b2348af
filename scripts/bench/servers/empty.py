"""The yardstick: the same body, validated, and a constant answer. It encodes and predicts nothing.

Usage: python empty.py PROJECT ANSWER.json PORT
"""

import sys
from pathlib import Path

from common import answer_like, champion, row_of, run
from fastapi import FastAPI
from pydantic import BaseModel

project, answer, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
Answer, constant = answer_like(answer)
app = FastAPI()


async def predict(row: BaseModel) -> BaseModel:  # noqa: ARG001 (validated, not used)
    """Return a new answer with the same content as every other."""
    return Answer(**constant)


predict.__annotations__["row"] = row_of(champion(project))
app.post("/predict", response_model=Answer)(predict)
run(app, port)
