"""What Schemathesis cannot know: how our formats are written."""

import csv
import io
import json
import os
import urllib.request
from datetime import datetime
from typing import Any

import schemathesis
from hypothesis import strategies as st

Rows = list[dict[str, Any]]

EARLY, LATE = map(datetime.fromisoformat, ("1900-01-01", "2100-01-01"))
MOMENTS = st.datetimes(EARLY, LATE).map(datetime.isoformat)


def row_schema() -> dict[str, Any]:
    """Return the schema of a row from the running service."""
    with urllib.request.urlopen(f"{os.environ['FUZZED']}/openapi.json", timeout=10) as response:
        openapi = json.load(response)
    body = openapi["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    name = body["schema"]["$ref"].rpartition("/")[2]
    found: dict[str, Any] = openapi["components"]["schemas"][name]
    return found


def as_csv(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


def is_told_apart(rows: Rows) -> bool:
    """CSV cannot tell an empty text from a missing one."""
    return all(value != "" for row in rows for value in row.values())


def values(field: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return what a field of the row may hold."""
    if "anyOf" in field:
        return st.one_of(*map(values, field["anyOf"]))
    if "enum" in field:
        return st.sampled_from(field["enum"])
    match field["type"]:
        case "number":
            return st.floats(field["minimum"], field["maximum"])
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    return MOMENTS if "pattern" in field else NAMES


NAMES = st.text(st.characters(codec="utf-8"))
ROWS = st.lists(
    st.fixed_dictionaries(
        {name: values(field) for name, field in row_schema()["properties"].items()}
    ),
    min_size=1,
    max_size=5,
)
schemathesis.openapi.media_type("text/csv", ROWS.filter(is_told_apart).map(as_csv))


def known_id() -> str:
    """Return the id of an answer, for the labels of the part monitoring."""
    url = os.environ["FUZZED"]
    with urllib.request.urlopen(f"{url}/about", timeout=10) as response:
        row = json.dumps(json.load(response)["example"]).encode()
    request = urllib.request.Request(f"{url}/predict", row, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return str(response.headers["x-prediction-id"])


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Give a single label the id of an answer."""
    operation = context.operation
    if operation and operation.path == "/labels" and isinstance(body, dict) and len(body) == 1:
        return dict.fromkeys([known_id()], *body.values())
    return body
