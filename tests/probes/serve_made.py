"""Run inside a generated project: serve small champions of other tasks and of hostile names.

Usage: python serve_made.py PORT     (at /multiclass/, /regression/ and /hostile/)
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import uvicorn

sys.path.insert(0, str(Path.cwd() / "tests"))

import generated
import tables
from predictor.contract import Contract
from predictor.params import Params
from predictor.release import Champion
from predictor.serve.app import create_app
from predictor.serve.server import wrapped
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry
from predictor.training.export import to_bytes
from predictor.training.fitting import fit
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = "</label><script>alert(1)</script>"
HOSTILE = {
    "name": "hostile",
    "question": f"{SCRIPT} or {IMAGE}?",
    "decision": "<b>bold</b>",
    "task": "binary",
    "target": {"column": IMAGE.upper(), "positive": SCRIPT},
    "costs": {"false_alarm": 1, "miss": 3, "unit": "<i>EUR</i>"},
    "columns": {
        IMAGE: {"type": "number", "unit": "<b>m</b>", "description": IMAGE},
        SCRIPT: {"type": "category", "values": [IMAGE, SCRIPT, "a", "b"], "missing": True},
        "__proto__": {"type": "category", "values": ["toString", IMAGE]},
        "constructor": {"type": "category", "missing": True, "description": SCRIPT},
        "größe_in_cm": {"type": "number", "missing": True},
        'so "quoted"': {"type": "boolean", "missing": True},
        "a.b": {"type": "boolean"},
        "1": {"type": "timestamp", "parts": ["hour"], "missing": True},
    },
}


def hostile_rows(n: int = 300) -> pd.DataFrame:
    """Return rows in which the first column and the names decide."""
    random = np.random.default_rng(0)
    size = random.normal(5, 3, n)
    values = [*HOSTILE["columns"][SCRIPT]["values"]]
    return pd.DataFrame(
        {
            IMAGE: size.round(3),
            SCRIPT: random.choice(values, n),
            "__proto__": random.choice(["toString", IMAGE], n),
            "constructor": random.choice([f"<i>{kind}</i>" for kind in range(6)], n),
            "größe_in_cm": random.normal(0, 1e20, n),
            'so "quoted"': random.random(n) < 0.5,
            "a.b": random.random(n) < 0.5,
            "1": pd.date_range("2024-01-01", periods=n, freq="h"),
            IMAGE.upper(): np.where(size + random.normal(0, 2, n) > 5, SCRIPT, "no"),
        }
    )


def champion(kind: str) -> Champion:
    """Train on a small table and return what the service needs."""
    if kind == "hostile":
        contract, rows = Contract.model_validate(HOSTILE), hostile_rows()
    else:
        contract, rows = Contract.model_validate(tables.CONTRACTS[kind]), tables.rows_for(kind)
    model = fit(contract, Params.model_validate(tables.PARAMS), "hist_gradient_boosting", rows)
    return generated.champion(contract, to_bytes(model, contract), rows)


def service(kind: str) -> ASGIApp:
    """Return the whole service of one champion."""
    settings, telemetry = Settings(), Telemetry()
    return wrapped(create_app(champion(kind), settings, telemetry), settings, telemetry)


def main(port: int) -> None:
    """Serve until the process ends; what is asked at the top goes to the last champion."""
    services = {kind: service(kind) for kind in ("multiclass", "regression", "hostile")}
    mounts = [Mount(f"/{kind}", each) for kind, each in services.items()]
    app = Starlette(routes=[*mounts, Mount("/", services["hostile"])])
    uvicorn.run(app, host="127.0.0.1", port=port, lifespan="off", log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]))
