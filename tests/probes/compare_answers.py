"""Run inside a generated project: the service, the bundle and scikit-learn on the same rows.

Usage: python compare_answers.py PORT; prints the largest differences as JSON.
"""

import json
import sys
import urllib.request

import numpy as np
import pandas as pd
from predictor import models, params, task
from predictor.bundle import Bundle
from predictor.features import KINDS
from predictor.paths import CHAMPION, PREPARED

ROWS = 200


def ask(port: int, row: dict[str, object]) -> float:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/predict",
        json.dumps(row).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return float(json.load(response)["probability"])


def main(port: int) -> None:
    train, valid, test = (
        pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid", "test")
    )
    test = test.sample(ROWS, random_state=0).reset_index(drop=True)
    chosen = params.read(params.Train)
    pipeline = models.fit(chosen.model, pd.concat([train, valid], ignore_index=True), chosen)
    scikit_learn = task.from_sklearn(pipeline, models.frame(test))
    bundle = Bundle.load(CHAMPION).predict(test)
    rows = json.loads(test[list(KINDS)].to_json(orient="records", date_format="iso"))
    service = np.array([ask(port, row) for row in rows])
    differences = {
        "distinct": len(set(service)),
        "service_and_bundle": float(np.abs(service - bundle).max()),
        "bundle_and_scikit_learn": float(np.abs(bundle - scikit_learn).max()),
    }
    print(json.dumps(differences))


if __name__ == "__main__":
    main(int(sys.argv[1]))
