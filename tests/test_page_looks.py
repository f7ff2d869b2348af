"""The demo page by keyboard, screen reader and phone, in the dark and in the light."""

import re
import struct
from pathlib import Path

import pytest
import screenshots
from pages import Open, answered, ask, field, shows
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.slow


def test_the_keyboard_alone_reaches_an_answer(visit: Open, site: str) -> None:
    page = visit(site)
    page.keyboard.press("Tab")
    tab_to(page, "Carrier")
    page.keyboard.press("Control+A")
    page.keyboard.type("EV")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # EWR, JFK
    tab_to(page, "Distance")
    with answered(page) as rows:
        page.keyboard.press("ArrowUp")
    assert (rows[0]["carrier"], rows[0]["origin"]) == ("EV", "JFK")
    assert rows[0]["distance"] > ask(site, "model")["typical"]["distance"]
    assert outline(page) != "none"
    with answered(page) as rows:
        page.keyboard.press("Enter")
    shows(page, site, rows[0])
    expect(page.locator("#answer")).to_be_focused()


def tab_to(page: Page, label: str) -> None:
    focused = "() => document.activeElement.labels?.[0]?.textContent ?? ''"
    for _ in range(60):
        if page.evaluate(focused) == label:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{label} is not reached with the Tab key")


def outline(page: Page) -> str:
    return str(page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle"))


def test_a_screen_reader_hears_the_answer_once_the_typing_rests(visit: Open, site: str) -> None:
    page = visit(site, bare=True)
    page.clock.install()
    page.goto(site)
    screenshots.await_answer(page)
    heard = page.locator("#spoken")
    expect(heard).to_be_empty()
    page.clock.run_for(2000)
    first = heard.inner_text()
    assert re.fullmatch(r"\d+\.\d\u00a0%: (do not )?act\.", first)
    with answered(page):
        field(page, "Carrier").fill("EV")
        page.clock.run_for(200)
    expect(page.locator(".value")).not_to_have_text(first.split(":")[0])
    assert heard.inner_text() == first
    page.clock.run_for(2000)
    assert heard.inner_text() != first


@pytest.mark.parametrize("viewport", [screenshots.WIDE, screenshots.PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_before_and_after_a_fault(
    visit: Open, site: str, axe: Path, scheme: str, viewport: dict[str, int]
) -> None:
    address = site + screenshots.fragment(screenshots.ROW)
    page = visit(address, color_scheme=scheme, viewport=viewport, bypass_csp=True)
    page.add_script_tag(path=axe)
    assert violations(page) == []
    with answered(page):
        field(page, "Distance").fill("9999")
    expect(page.locator("#stale")).to_be_visible()
    assert violations(page) == []


def violations(page: Page) -> list[tuple[str, str]]:
    found = page.evaluate("() => axe.run()")
    assert len(found["passes"]) > 30
    return [
        (each["id"], node["failureSummary"])
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("kind", ["binary", "hostile"])
def test_a_phone_needs_no_sideways_scrolling_and_keeps_the_answer_in_sight(
    visit: Open, site: str, made: str, kind: str
) -> None:
    address = site if kind == "binary" else f"{made}{kind}/"
    page = visit(address, viewport=screenshots.PHONE)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    page.locator("#form .field").last.scroll_into_view_if_needed()
    assert page.evaluate("() => scrollY") > 0
    expect(page.locator(".value")).to_be_in_viewport()
    first = page.locator("#form input").first
    first.evaluate("input => scrollBy(0, input.getBoundingClientRect().top - 40)")
    first.focus()  # it lies under the answer, where the browser alone would leave it
    answer, focused = page.locator("#answer").bounding_box(), page.locator("input:focus")
    box = focused.bounding_box()
    assert answer
    assert box
    assert box["y"] >= answer["y"] + answer["height"]


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_page_follows_the_colour_scheme(
    visit: Open, site: str, scheme: str, is_dark: bool
) -> None:
    page = visit(site, color_scheme=scheme)
    shades = "each => [getComputedStyle(each).color, getComputedStyle(each).backgroundColor]"
    for place in ("body", ".field input"):
        text, ground = page.locator(place).first.evaluate(shades)
        assert (brightness(text) > brightness(ground)) == is_dark, place


def brightness(colour: str) -> int:
    return sum(map(int, re.findall(r"\d+", colour)))


def test_the_pictures_are_taken_in_each_size_and_scheme(browser: Browser, site: str) -> None:
    address = site + screenshots.fragment(screenshots.ROW)
    for name, options in screenshots.views().items():
        screenshots.shoot(browser, address, screenshots.FOLDER / f"{name}.png", options)
    pictures = [(screenshots.FOLDER / f"{name}.png").read_bytes() for name in screenshots.views()]
    assert len(set(pictures)) == len(pictures)
    widths = [struct.unpack(">I", picture[16:20])[0] for picture in pictures]
    assert widths == [1280, 1280, 390, 390]


def test_the_picture_of_the_readme_is_small_and_wide() -> None:
    picture = screenshots.PICTURE.read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (1280, 800)
    assert len(picture) < 200_000
