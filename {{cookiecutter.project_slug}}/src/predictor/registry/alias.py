"""`@champion` of the registry, read and moved without MLflow, which takes seconds to import.

Beside it, which bundle a version is: another registry has other bundles under the same numbers.

A server is asked through MLflow's public REST API. The store inside the project is SQLite, where
an alias is one row: one statement moves it, and only if nobody else has. What this module does
not know (another kind of store, special credentials, a table that is not there) is left to
`registry`, and so to MLflow.

Source: https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

import json
import os
import sqlite3
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from predictor.errors import PredictorError
from predictor.project import Project
from predictor.registry.address import address, without_user

CHAMPION = "champion"
BUNDLE = "bundle"  # the tag of a version that says which bundle it is
ALIAS, VERSION = "registered-models/alias", "model-versions/get"
SECONDS = 10
ROW = "WHERE name = ? AND alias = ?"
# Settings that only MLflow understands.
SPECIAL = (
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_TRACKING_AUTH",
    "MLFLOW_TRACKING_AWS_SIGV4",
    "MLFLOW_TRACKING_CLIENT_CERT_PATH",
    "MLFLOW_TRACKING_INSECURE_TLS",
    "MLFLOW_TRACKING_SERVER_CERT_PATH",
    "MLFLOW_WORKSPACE",
)


class _OnlyMlflowKnowsError(Exception):
    """The alias cannot be reached from here."""


class Place(NamedTuple):
    """Where `@champion` points: a version, and the identity of its bundle if that is known."""

    version: str
    bundle: str | None


def at(uri: str, name: str) -> Place | None:
    """Return where `@champion` of the model `name` points in the registry at `uri`.

    Raises:
        PredictorError: the registry does not answer, or not without MLflow.
    """
    try:
        version = _read(uri, name)
        return Place(version, _identity(uri, name, version)) if version else None
    except _OnlyMlflowKnowsError as error:
        raise PredictorError(
            "Only an MLflow server at http(s)://, with a user and a password or a token, and a "
            "SQLite store can be followed."
        ) from error


def read(project: Project, name: str) -> str | None:
    """Return the version of the model `name` that `@champion` points at.

    Raises:
        PredictorError: the registry does not answer.
    """
    uri = address(project)
    try:
        return _read(uri, name)
    except _OnlyMlflowKnowsError:
        from predictor.registry.connection import connect

        return connect(project, name).champion()


def identity(project: Project, name: str, version: str) -> str | None:
    """Return which bundle a version of the model `name` is, if the registry has it.

    Raises:
        PredictorError: the registry does not answer.
    """
    uri = address(project)
    try:
        return _identity(uri, name, version)
    except _OnlyMlflowKnowsError:
        from predictor.registry.connection import connect

        return connect(project, name).identity_of(version)


def move(project: Project, name: str, before: str, after: str) -> None:
    """Point `@champion` at the version `after`.

    Raises:
        PredictorError: the registry does not answer, or `@champion` is no longer at `before`.
    """
    uri = address(project)
    try:
        _move(uri, name, before, after)
    except _OnlyMlflowKnowsError:
        from predictor.registry.connection import connect

        connect(project, name).crown(after, before)


def require_unmoved(found: str | None, before: str | None) -> None:
    """Do nothing if nobody else has moved the alias.

    Raises:
        PredictorError: somebody has.
    """
    if found != before:
        raise PredictorError(
            f"@champion is at version {found or 'none'} and was at version {before or 'none'}: "
            "somebody promoted or rolled back meanwhile. Run it again."
        )


def _read(uri: str, name: str) -> str | None:
    _require_plain_settings()
    if uri.startswith("http"):
        return _read_from_server(uri, name)
    return _read_from_file(uri, name)


def _move(uri: str, name: str, before: str, after: str) -> None:
    _require_plain_settings()
    if not uri.startswith("http"):
        _move_in_file(uri, name, before, after)
        return
    require_unmoved(_read(uri, name), before)
    if _ask(uri, ALIAS, {"name": name, "alias": CHAMPION, "version": after}, "POST") is None:
        raise PredictorError(f"The registry has no version {after} of {name}.")


def _require_plain_settings() -> None:
    if any(os.environ.get(special) for special in SPECIAL):
        raise _OnlyMlflowKnowsError


def _read_from_server(uri: str, name: str) -> str | None:
    answer = _ask(uri, ALIAS, {"name": name, "alias": CHAMPION}, "GET")
    return str(answer["model_version"]["version"]) if answer else None


def _identity(uri: str, name: str, version: str) -> str | None:
    _require_plain_settings()
    if not uri.startswith("http"):
        query = "SELECT value FROM model_version_tags WHERE name = ? AND version = ? AND key = ?"
        return _one(uri, query, (name, int(version), BUNDLE))
    answer = _ask(uri, VERSION, {"name": name, "version": version}, "GET")
    tags = answer["model_version"].get("tags", []) if answer else []
    return next((str(tag["value"]) for tag in tags if tag["key"] == BUNDLE), None)


def _ask(uri: str, endpoint: str, fields: dict[str, str], method: str) -> Any:  # noqa: ANN401 (JSON)
    """Return the answer of the server, or None where it knows no such model, alias or version."""
    place, headers = without_user(uri)
    endpoint = f"{place.rstrip('/')}/api/2.0/mlflow/{endpoint}"
    body = None
    if method == "GET":
        endpoint = f"{endpoint}?{urlencode(fields)}"
    else:
        body, headers["Content-Type"] = json.dumps(fields).encode(), "application/json"
    request = Request(endpoint, body, headers, method=method)  # noqa: S310 (http only)
    try:
        with urlopen(request, timeout=SECONDS) as response:  # noqa: S310 (http only)
            return json.load(response)
    except HTTPError as error:
        _require_unknown(error, place)
        return None
    except (URLError, OSError, ValueError) as error:
        raise PredictorError(
            f"No MLflow server answers at {place} ({getattr(error, 'reason', error)}): start it, "
            "or unset MLFLOW_TRACKING_URI to use the store in this project."
        ) from error


def _require_unknown(error: HTTPError, place: str) -> None:
    if error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise _OnlyMlflowKnowsError from error  # there may be a file with credentials
    code = _error_code(error)
    if code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
        raise PredictorError(f"{place} answered {error.code} {code}.") from error


def _error_code(error: HTTPError) -> str:
    try:
        return str(json.load(error).get("error_code"))
    except (ValueError, AttributeError):
        return str(error.reason)


def _read_from_file(uri: str, name: str) -> str | None:
    query = f"SELECT version FROM registered_model_aliases {ROW}"  # noqa: S608 (constant)
    return _one(uri, query, (name, CHAMPION))


def _one(uri: str, query: str, values: tuple[str | int, ...]) -> str | None:
    try:
        with closing(_open(uri)) as store:
            found = store.execute(query, values).fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise _OnlyMlflowKnowsError from error
    if len(found) > 1:
        raise _OnlyMlflowKnowsError
    return str(found[0][0]) if found else None


def _move_in_file(uri: str, name: str, before: str, after: str) -> None:
    statement = f"UPDATE registered_model_aliases SET version = ? {ROW} AND version = ?"  # noqa: S608
    try:
        with closing(_open(uri)) as store, store:
            values = (int(after), name, CHAMPION, int(before))
            moved = store.execute(statement, values).rowcount
    except (sqlite3.Error, ValueError) as error:
        raise _OnlyMlflowKnowsError from error
    if moved != 1:
        require_unmoved(_read_from_file(uri, name), before)
        raise _OnlyMlflowKnowsError


def _open(uri: str) -> sqlite3.Connection:
    prefix = "sqlite:///"
    if not uri.startswith(prefix) or "?" in uri:
        raise _OnlyMlflowKnowsError
    # Without the mode, SQLite would create a file that is not there.
    file = Path(uri.removeprefix(prefix)).resolve().as_uri()
    return sqlite3.connect(f"{file}?mode=rw", uri=True, timeout=SECONDS)
