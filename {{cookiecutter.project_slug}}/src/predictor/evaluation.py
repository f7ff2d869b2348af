"""The report of an exam: one bundle and two baselines on the same test rows."""

from datetime import date

from predictor.documents import Document

Metrics = dict[str, float]


class Evaluation(Document):
    """`reports/evaluation.json`; `first` and `last` bound the test rows in time."""

    bundle: str
    rows: int
    first: date | None
    last: date | None
    model: Metrics
    linear: Metrics
    dummy: Metrics
