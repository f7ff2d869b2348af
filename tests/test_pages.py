"""The workflow pages.yml, run: it publishes a site with the champion of the commit."""

from dataclasses import replace
from pathlib import Path

import pytest
from browsing import chromium, served
from workflow import pushing
from workflow.machine import Event
from workflow.pushing import run_workflow

pytestmark = pytest.mark.slow


@pytest.fixture
def event(everything: Path, tmp_path: Path) -> Event:
    """Return the push of a project with every part, which has Pages turned on."""
    event = pushing.push(pushing.push_project(everything, tmp_path / "repository"))
    return replace(event, payload={"repository": {"has_pages": True}})


def test_a_push_publishes_a_site_that_answers(
    event: Event, everything: Path, tmp_path: Path
) -> None:
    home = pushing.home_with_results(everything, tmp_path / "home")
    run = run_workflow("pages", event, tmp_path / "run", home)
    assert run.results == {"build": "success", "deploy": "success"}, run.table()
    published = tmp_path / "run" / "artifacts" / "github-pages"
    model = Path("models", "champion", "model.onnx")
    assert (published / "model" / model.name).read_bytes() == (everything / model).read_bytes()
    with served(published.parent) as address, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{address}/{published.name}/")
        page.locator("output strong").wait_for()
        assert page.locator("output strong").inner_text().endswith("%")


@pytest.mark.parametrize("payload", [{}, {"repository": {"has_pages": False}}])
def test_without_pages_a_push_builds_nothing(
    event: Event, payload: dict[str, object], tmp_path: Path
) -> None:
    run = run_workflow("pages", replace(event, payload=payload), tmp_path / "run")
    assert run.results == {"build": "skipped", "deploy": "skipped"}


def test_a_site_that_cannot_be_built_is_not_published(event: Event, tmp_path: Path) -> None:
    run = run_workflow("pages", event, tmp_path / "run", given={"build": "failure"})
    assert run.results == {"build": "failure", "deploy": "skipped"}
