"""Write 200 real rows, some with rare values, and the service's answers; run in a project.

Every tenth row has no optional value, another unseen categories, another a time at midnight.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from fastapi.testclient import TestClient
from predictor import api
from predictor.features import CATEGORIES, KINDS, TIMES
from predictor.paths import PREPARED
from predictor.schema import Row

N_ROWS = 200

everything = pd.concat(pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "test"))
chosen = everything.sample(N_ROWS, random_state=1, replace=len(everything) < N_ROWS)[list(KINDS)]
rows = json.loads(chosen.to_json(orient="records", date_format="iso"))
properties = Row.model_json_schema()["properties"]
optional = [name for name, each in properties.items() if "anyOf" in each]
free = [name for name in CATEGORIES if "enum" not in json.dumps(properties[name])]
for at, row in enumerate(rows):
    row |= {name: row[name][:19] for name in TIMES if row[name]}
    if at % 10 == 0:
        row |= dict.fromkeys(optional)
    if at % 10 == 1:
        row |= dict.fromkeys(free, "never seen \N{SNOWMAN}")
    if at % 10 == 2:
        row |= {name: f"{row[name][:10]}T00:00:00" for name in TIMES if row[name]}

with TestClient(api.app) as client:
    answers = [client.post("/explain", json=row) for row in rows]
assert {answer.status_code for answer in answers} == {200}, answers[0].text
found = {
    "rows": rows,
    "answers": [answer.json() for answer in answers],
    "optional": optional,
    "free": free,
    "times": TIMES,
}
Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")
