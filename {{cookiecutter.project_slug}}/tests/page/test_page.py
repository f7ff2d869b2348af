import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from predictor import api
from predictor.features import CATEGORIES
from predictor.page.about import STATIC, TEMPLATES
from predictor.paths import CHAMPION, EVALUATION, EXAMPLE
from predictor.task import HEADLINE


@pytest.fixture
def client(promoted: Path) -> Iterator[TestClient]:
    with TestClient(api.app) as client:
        yield client


def write_slices(slices: list[dict[str, Any]]) -> dict[str, Any]:
    """Add slices to the champion's evaluation, and return it."""
    path = CHAMPION / EVALUATION
    evaluation: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(evaluation | {"slices": slices}), encoding="utf-8")
    return evaluation


def test_the_service_serves_the_page_and_all_its_files(client: TestClient) -> None:
    page = client.get("/")
    named = re.findall(r'(?:href|src)="(page/[^"]+)"', page.text)
    assert 'data-backend="./api.js"' in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert len(named) == 3
    assert all(client.get(path).status_code == 200 for path in named)


def test_the_page_uses_no_other_host() -> None:
    for path in (*STATIC.iterdir(), *TEMPLATES.iterdir()):
        assert "://" not in path.read_text(encoding="utf-8")


def test_scripts_are_served_as_scripts(client: TestClient) -> None:
    kind = client.get("/page/page.js").headers["content-type"]
    assert kind.startswith("text/javascript")


def test_the_form_starts_with_the_example_row(client: TestClient) -> None:
    about = client.get("/about").json()
    assert about["example"] == json.loads((CHAMPION / EXAMPLE).read_text(encoding="utf-8"))
    assert about["categories"].keys() == set(CATEGORIES)
    assert client.post("/predict", json=about["example"]).status_code == 200


def test_the_page_says_what_the_model_is_worth_and_where_it_is_worst(client: TestClient) -> None:
    model, dummy = {HEADLINE: 1234.4}, {HEADLINE: 0.25}
    worst = {"column": "a_b", "value": "C", "rows": 7, "model": model, "dummy": dummy}
    evaluation = write_slices([worst, worst | {"value": "second"}])
    headline, sentence = client.get("/about").json()["worth"]
    assert headline == evaluation["headline"]
    assert f"where a b is C (7 of {evaluation['rows']:,} test rows)" in sentence
    assert re.search(r" is 1,234( \S.*)? with the model and 0.25 without one", sentence)


def test_without_slices_the_page_says_only_what_the_model_is_worth(client: TestClient) -> None:
    evaluation = write_slices([])
    assert client.get("/about").json()["worth"] == [evaluation["headline"]]


def test_without_a_champion_the_page_is_served_and_about_is_503(
    promoted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREDICTOR_MODEL", str(tmp_path))
    with TestClient(api.app) as client:
        assert client.get("/").status_code == 200
        assert client.get("/about").status_code == 503
