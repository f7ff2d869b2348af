import mimetypes
import re

import pytest
from fastapi.testclient import TestClient

from predictor.errors import PredictorError
from predictor.serve.app import PAGE, PAGE_TYPES, create_app

SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in PAGE.glob("*.js")}
HTML = (PAGE / "index.html").read_text(encoding="utf-8")


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app(PredictorError("no champion")))


def test_every_file_that_the_page_names_is_served_with_its_type(client: TestClient) -> None:
    named = set(re.findall(r'(?:href|src)="page/([^"]+)"', HTML))
    named |= {name for text in SCRIPTS.values() for name in re.findall(r'from "./(.+)"', text)}
    assert named == {path.name for path in PAGE.iterdir()} - {"index.html"}
    for name in named:
        response = client.get(f"/page/{name}")
        kind = PAGE_TYPES[name[name.rindex(".") :]]
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(kind)


def test_a_script_is_a_script_whatever_the_machine_believes() -> None:
    mimetypes.add_type("text/plain", ".js")
    client = TestClient(create_app(PredictorError("no champion")))
    assert client.get("/page/page.js").headers["content-type"].startswith("text/javascript")


def test_one_module_alone_knows_where_the_model_is() -> None:
    assert [name for name, text in SCRIPTS.items() if re.search(r"fetch\(|XMLHttp", text)] == [
        "model.js"
    ]


def test_data_never_becomes_markup_or_style() -> None:
    markup = re.compile(r"(inner|outer)HTML|insertAdjacentHTML|document\.write|cssText|eval\(")
    assert [name for name, text in SCRIPTS.items() if markup.search(text)] == []
    assert not re.search(r"style=|<style|<script(?! type=.module. src=)| on\w+=", HTML)


def test_the_page_names_no_other_place() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PAGE.iterdir())
    namespace = "http://www.w3.org/2000/svg"
    assert re.findall(r"https?://[^\s\"']+", text.replace(namespace, "")) == []
    assert not re.search(r'(?:href|src)="/|fetch\("/', text)
