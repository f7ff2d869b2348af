"""The report of an exam: one bundle and two baselines on the same test rows."""

from datetime import date

from predictor.contract import Task
from predictor.documents import Document

Metrics = dict[str, float]

# What training minimises and the gate compares, lower is better.
LOSS = {"binary": "log_loss", "multiclass": "log_loss", "regression": "rmse"}


class Evaluation(Document):
    """`reports/evaluation.json`; `first` and `last` bound the test rows in time."""

    bundle: str
    task: Task
    rows: int
    first: date | None
    last: date | None
    model: Metrics
    linear: Metrics
    dummy: Metrics
