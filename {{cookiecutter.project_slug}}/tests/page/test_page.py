import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from predictor import api
from predictor.features import CATEGORIES
from predictor.page.api import STATIC
from predictor.paths import CHAMPION, EXAMPLE


@pytest.fixture
def client(promoted: Path) -> Iterator[TestClient]:
    with TestClient(api.app) as client:
        yield client


def test_the_service_serves_the_page_and_all_its_files(client: TestClient) -> None:
    page = client.get("/")
    named = re.findall(r'(?:href|src)="(page/[^"]+)"', page.text)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert {path.removeprefix("page/") for path in named} <= {
        path.name for path in STATIC.iterdir()
    }
    assert all(client.get(path).status_code == 200 for path in named)


def test_the_page_uses_no_other_host() -> None:
    for path in STATIC.iterdir():
        assert "://" not in path.read_text()


def test_scripts_are_served_as_scripts(client: TestClient) -> None:
    kind = client.get("/page/page.js").headers["content-type"]
    assert kind.startswith("text/javascript")


def test_the_form_starts_with_the_example_row(client: TestClient) -> None:
    about = client.get("/about").json()
    assert about["example"] == json.loads((CHAMPION / EXAMPLE).read_text())
    assert about["categories"].keys() == set(CATEGORIES)
    assert client.post("/predict", json=about["example"]).status_code == 200


def test_without_a_champion_the_page_is_served_and_about_is_503(
    promoted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREDICTOR_MODEL", str(tmp_path))
    with TestClient(api.app) as client:
        assert client.get("/").status_code == 200
        assert client.get("/about").status_code == 503
