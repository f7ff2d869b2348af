"""`predictor smoke`: does a running service say what this project says offline?"""

import json
import logging
import math
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from predictor import release
from predictor.errors import PredictorError
from predictor.project import Project
from predictor.release import Champion
from predictor.serve.answer import answer
from predictor.serve.schema import row_model, to_columns

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.2
TOLERANCE = 1e-6  # another processor rounds the last digits of single precision otherwise

Json = dict[str, Any]


def smoke(project: Project, url: str, key: str | None, seconds: float) -> None:
    """Ask the service about the champion's example row, and compare with the bundle's own answer.

    Raises:
        PredictorError: the service is not ready within `seconds`, refuses the row, serves another
            version, or answers otherwise.
    """
    champion = release.champion(project.models)
    row: Json = json.loads(champion.example.read_text(encoding="utf-8"))
    waited = _wait_until_ready(url, seconds)
    online, offline = _predict(url, row, key), _offline(champion, row)
    differing = sorted(name for name in offline if not _same(online.get(name), offline[name]))
    if differing:
        name = differing[0]
        raise PredictorError(
            f"{url} answers {name}={online.get(name)!r}, this project {offline[name]!r}: promote "
            "or build again, so that both have the same champion."
        )
    logger.info("ready after %.1f s, and answers as this project does: %s", waited, online)


def _offline(champion: Champion, row: Json) -> Json:
    contract = champion.bundle.contract
    model = row_model(contract, champion.bundle.statistics.typical())
    answered = answer(champion, to_columns(contract, [model.model_validate(row)]))
    return answered.model_dump(exclude={"request_id"})


def _wait_until_ready(url: str, seconds: float) -> float:
    """Return how many seconds it took."""
    start = time.monotonic()
    while True:
        reason = _unready(url)
        waited = time.monotonic() - start
        if reason is None:
            return waited
        if waited > seconds:
            raise PredictorError(f"{url} is not ready after {seconds:g} s: {reason}")
        time.sleep(PAUSE_SECONDS)


def _unready(url: str) -> str | None:
    try:
        status, content = _request(url, "GET", "/health/ready")
    except (OSError, HTTPException) as error:
        return f"nothing answers there ({error})."
    return None if status == 200 else f"{status} {content}"


def _predict(url: str, row: Json, key: str | None) -> Json:
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    status, content = _request(url, "POST", "/predict", json.dumps(row), headers)
    if status != 200:
        raise PredictorError(f"{url} refuses the example row: {status} {content}")
    answered: Json = json.loads(content)
    return answered


def _request(
    url: str,
    method: str,
    path: str,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise PredictorError(f"{url!r} is not an address like http://127.0.0.1:8000.")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.netloc, timeout=10)
    try:
        connection.request(method, parts.path.rstrip("/") + path, body, dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    finally:
        connection.close()


def _same(online: object, offline: object) -> bool:
    match online, offline:
        case dict(), dict():
            return online.keys() == offline.keys() and all(
                _same(online[name], offline[name]) for name in offline
            )
        case float() | int(), float():
            return math.isclose(online, offline, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return online == offline
