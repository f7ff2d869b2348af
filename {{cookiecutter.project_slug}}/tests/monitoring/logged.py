"""Fixtures: a prediction log for each test, in SQLite and in PostgreSQL."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from predictor import api
from predictor.monitoring.log import connect, tables
from predictor.paths import CHAMPION, EXAMPLE

POSTGRES = "PREDICTOR_TEST_POSTGRES"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[sa.Engine]:
    """Return an empty log, which $PREDICTOR_LOG names."""
    url = f"sqlite:///{tmp_path}/log.db"
    if request.param == "postgresql":
        if POSTGRES not in os.environ:
            pytest.skip(f"set ${POSTGRES} to the URL of an empty PostgreSQL database")
        url = os.environ[POSTGRES]
        tables.drop_all(sa.create_engine(url, poolclass=sa.NullPool))
    monkeypatch.setenv("PREDICTOR_LOG", url)
    found = connect()
    yield found
    found.dispose()


@pytest.fixture
def client(promoted: Path, engine: sa.Engine) -> Iterator[TestClient]:
    with TestClient(api.app) as client:
        yield client


@pytest.fixture
def example(promoted: Path) -> dict[str, Any]:
    row: dict[str, Any] = json.loads((CHAMPION / EXAMPLE).read_text())
    return row
