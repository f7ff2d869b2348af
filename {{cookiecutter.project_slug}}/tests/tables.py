"""A small table of every column type, and the contract that describes it."""

import numpy as np
import pandas as pd

from predictor.contract import Contract
from predictor.evaluation.report import Evaluation, Metrics

CONTRACT: dict[str, object] = {
    "name": "small-table",
    "question": "Will the pump fail tomorrow?",
    "decision": "The crew decides which pumps to inspect.",
    "task": "binary",
    "target": {"column": "fails", "positive": "yes"},
    "costs": {"false_alarm": 1, "miss": 3, "unit": "hours"},
    "time": {"column": "read at"},
    "columns": {
        "read at": {"type": "timestamp", "parts": ["weekday", "minute_of_day"]},
        "pressure": {"type": "number", "unit": "bar", "range": [-100, 100], "missing": True},
        "class": {"type": "category", "values": ["A", "B"]},
        "größe": {"type": "category", "missing": True},
        "is.open": {"type": "boolean"},
    },
    "ignored": {"repair cost": {"reason": "known only afterwards"}},
}

PARAMS: dict[str, object] = {
    "ingest": {"source": "table", "path": "data/pumps.csv", "through": "2024-03"},
    "prepare": {"test_months": 1, "valid_share": 0.2, "seed": 7},
    "train": {
        "model": "hist_gradient_boosting",
        "seed": 7,
        "threads": 1,
        "parity_rows": 200,
        "parity_tolerance": 1e-5,
        "interval_coverage": 0.9,
    },
    "evaluate": {"calibration_bins": 5, "slice_rows": 50},
    "promote": {
        "confidence": 0.95,
        "resamples": 200,
        "calibration_error": 0.2,
        "slice_excess": 0.05,
        "latency_ms": 50,
        "bundle_mb": 5,
    },
    "reproduce": {"tolerance": 0.005},
    "models": {
        "hist_gradient_boosting": {"max_iter": 30, "learning_rate": 0.2},
        "random_forest": {"n_estimators": 10},
    },
}


MULTICLASS = CONTRACT | {
    "task": "multiclass",
    "target": {"column": "fails", "classes": ["leak", "no", "rust"]},
    "costs": None,
}
REGRESSION = CONTRACT | {
    "task": "regression",
    "target": {"column": "fails", "unit": "mm"},
    "costs": None,
}
CONTRACTS = {"binary": CONTRACT, "multiclass": MULTICLASS, "regression": REGRESSION}


def rows_for(task: str) -> pd.DataFrame:
    """Return rows whose target fits the contract of `task`."""
    frame = rows()
    if task == "binary":
        return frame
    high = frame["pressure"].fillna(0)
    if task == "multiclass":
        kind = np.where(high.abs() < 9, "no", np.where(frame["class"] == "B", "leak", "rust"))
        return frame.assign(fails=kind)
    return frame.assign(fails=high**2 + 30.0 * (frame["class"] == "B") + frame.index % 7)


def rows(n: int = 1500) -> pd.DataFrame:
    """Return `n` rows of January to March 2024, in order of time, that follow `CONTRACT`."""
    random = np.random.default_rng(1)
    pressure = random.normal(0, 10, n)
    kind = random.choice(["A", "B"], n)
    # Neither additive nor linear, so that a linear baseline can be beaten.
    fails = (np.abs(pressure) > 9) ^ (kind == "B") ^ (random.random(n) < 0.1)
    return pd.DataFrame(
        {
            "read at": pd.date_range("2024-01-01", "2024-03-31 23:00", n).floor("min"),
            "pressure": np.where(random.random(n) < 0.1, np.nan, pressure.round(2)),
            "class": kind,
            "größe": np.array(["klein", "groß", None])[random.integers(0, 3, n)],
            "is.open": random.random(n) < 0.5,
            "repair cost": random.normal(100, 10, n),
            "fails": np.where(fails, "yes", "no"),
        }
    )


def exam(
    contract: Contract, model: Metrics | None = None, dummy: Metrics | None = None
) -> Evaluation:
    """Return an exam on no rows with these metrics."""
    return Evaluation(
        bundle="",
        task=contract.task,
        rows=0,
        first=None,
        last=None,
        model=model or {},
        linear={},
        dummy=dummy or {},
    )
