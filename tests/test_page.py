"""The page of a project with everything on, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import SCREENS, chromium, cut_off, faults, open_page
from playwright.sync_api import Browser, Page, expect
from serving import Service, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def service(everything: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(everything, tmp_path_factory.mktemp("page") / "log") as running:
        yield running


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    """Return the page with its first answer; what the console says is a failure."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(service.url)
    expect(page.locator("output strong")).to_contain_text("%")
    yield page
    assert [text for text in said if "422" not in text] == []
    page.close()


def test_the_first_answer_is_that_of_the_service_for_a_real_row(
    page: Page, service: Service
) -> None:
    about = service.get("/about").json
    said = service.post("/predict", about["example"]).json
    expect(page.locator("h1")).to_have_text(about["problem"]["question"])
    expect(page.locator("output strong")).to_have_text(f"{said['probability']:.1%}")
    expect(page.locator("output")).to_contain_text("Act." if said["decision"] else "Do not act.")
    assert page.locator("form input, form select").count() == len(about["example"])


def test_a_change_asks_again_and_shows_what_moved_the_answer(page: Page) -> None:
    before = page.locator("output strong").inner_text()
    page.get_by_label("visibility").fill("0.5")
    expect(page.locator("output strong")).not_to_have_text(before)
    expect(page.get_by_role("row").filter(has_text="visibility")).to_contain_text("raises it by")


def test_an_impossible_value_is_named_beside_its_field(page: Page) -> None:
    field = page.get_by_label("distance")
    field.fill("9")
    expect(page.locator("label", has=field)).to_contain_text("greater than or equal to 10")
    expect(page.locator("output")).to_have_text("Some values are not possible.")
    field.fill("500")
    expect(page.locator("output strong")).to_contain_text("%")
    expect(page.locator("label", has=field)).not_to_contain_text("equal to 10")


def test_a_missing_value_and_an_unseen_category_are_answered(page: Page) -> None:
    page.get_by_label("pressure").fill("")
    page.get_by_label("carrier").fill("<b>ZZ</b>")
    expect(page.locator("output .fault")).to_have_text("Not in the training data: carrier.")
    assert page.locator("output b").count() == 0


def test_every_field_is_reached_with_the_keyboard_and_has_a_name(page: Page) -> None:
    names = list[str]()
    for _ in range(page.locator("form input, form select").count()):
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.name") in ("", *names):
            page.keyboard.press("Tab")  # a link has no name, and a date has several parts
        names.append(page.evaluate("document.activeElement.name"))
    assert len(set(names)) == 16
    assert all(
        page.locator(f"[name={name}]").evaluate("each => each.labels.length") for name in names
    )


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, service: Service, width: int, scheme: str
) -> None:
    page = open_page(browser, width, scheme)
    page.goto(service.url)
    page.get_by_label("visibility").fill("0.5")
    expect(page.locator("meter")).to_have_count(1)
    assert faults(page) == []
    assert cut_off(page) == []
    page.close()


def test_without_a_champion_the_page_says_what_to_do(
    browser: Browser, everything: Path, tmp_path: Path
) -> None:
    settings = {"PREDICTOR_MODEL": str(tmp_path / "none")}
    with serving(everything, tmp_path / "log", settings, ready="live") as service:
        page = browser.new_page()
        page.goto(service.url)
        expect(page.locator("output")).to_contain_text("run `uv run predictor promote`")
        page.close()
