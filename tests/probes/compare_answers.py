"""Run inside a generated project: the service, the bundle and scikit-learn on the same rows.

Usage: python compare_answers.py PORT; prints the largest differences as JSON.
"""

import json
import sys
import urllib.request

import numpy as np
import pandas as pd
from predictor import release
from predictor.contract import Contract
from predictor.params import Params
from predictor.project import Project
from predictor.training.fitting import fit, outputs

ROWS = 200


def ask(port: int, row: dict[str, object]) -> list[float]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/predict",
        json.dumps(row).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        answer = json.load(response)
    if "probabilities" in answer:
        return list(answer["probabilities"].values())
    return [answer["probability"] if "probability" in answer else answer["value"]]


def main(port: int) -> None:
    project = Project.locate()
    contract, params = Contract.read(project.contract), Params.read(project.params)
    parts = [pd.read_parquet(project.prepared / f"{name}.parquet") for name in ("train", "valid")]
    test = pd.read_parquet(project.prepared / "test.parquet")
    test = test.sample(min(ROWS, len(test)), random_state=0)
    bundle = release.champion(project.models).bundle.predict(test)
    model = fit(contract, params, params.train.model, pd.concat(parts, ignore_index=True))
    scikit_learn = outputs(model, contract, test)
    bodies = json.loads(test[list(contract.columns)].to_json(orient="records", date_format="iso"))
    service = np.array([ask(port, body) for body in bodies])
    # probabilities differ as they are, values relative to the largest
    scale = max(1.0, float(np.abs(scikit_learn).max()))
    differences = {
        "rows": len(test),
        "distinct": len(set(service[:, 0])),
        "service_and_bundle": float(np.abs(service - bundle).max() / scale),
        "bundle_and_scikit_learn": float(np.abs(bundle - scikit_learn).max() / scale),
    }
    print(json.dumps(differences))


if __name__ == "__main__":
    main(int(sys.argv[1]))
