"""The answer on the demo page, and what it says while there is none."""

import json
import re
import zipfile
from pathlib import Path

import pytest
import screenshots
from conftest import in_project
from pages import Open, answered, ask, field, shows
from playwright.sync_api import Route, expect
from serving import serving

pytestmark = pytest.mark.slow


def test_the_bars_are_the_effects_that_explain_gives(visit: Open, site: str) -> None:
    page = visit(site + screenshots.fragment(screenshots.ROW))
    row = ask(site, "model")["typical"] | screenshots.ROW
    effects = ask(site, "explain", row)["contributions"][:8]
    bars = page.locator("#effects li")
    expect(bars).to_have_count(8)
    largest = abs(effects[0]["effect"])
    for bar, effect in zip(bars.all(), effects, strict=True):
        points = f"{100 * abs(effect['effect']):.1f}\u00a0points"
        sign = "\u2212" if effect["effect"] < 0 else "+"
        expect(bar.locator(".number")).to_have_text(sign + points)
        assert bar.inner_text().lower().startswith(effect["column"].replace("_", " "))
        fill = bar.locator(".fill")
        width = fill.evaluate("fill => fill.offsetWidth / fill.parentElement.offsetWidth")
        assert width == pytest.approx(abs(effect["effect"]) / largest / 2, abs=0.01)
        middle = fill.evaluate("fill => fill.offsetLeft / fill.parentElement.offsetWidth")
        assert (middle < 0.49) == (effect["effect"] < 0)


def test_several_classes_are_shown_with_a_bar_each(visit: Open, made: str) -> None:
    site = f"{made}multiclass/"
    page = visit(site)
    with answered(page):
        page.get_by_role("radiogroup", name="Class").get_by_label("B").check()
    with answered(page) as rows:
        field(page, "Pressure").fill("12")
    said, explained = (ask(site, path, rows[0]) for path in ("predict", "explain"))
    expect(page.locator(".value")).to_have_text(said["prediction"])
    listed = page.locator(".classes li").all()
    assert [re.split(r"\n+", each.inner_text()) for each in listed] == [
        [name, f"{100 * each:.1f}\u00a0%"] for name, each in said["probabilities"].items()
    ]
    expect(page.locator(".classes .best .name")).to_have_text(said["prediction"])
    assert explained["output"] in page.locator("#meaning").inner_text()
    expect(page.locator("#effects li").first).to_contain_text("Pressure 12")
    expect(page.locator("#cost")).to_be_hidden()


def test_a_value_is_shown_with_unit_and_interval(visit: Open, made: str) -> None:
    site = f"{made}regression/"
    page = visit(site)
    with answered(page) as rows:
        field(page, "Pressure").fill("12")
    said = ask(site, "predict", rows[0])
    shown = page.locator(".headline").inner_text().split()
    assert float(shown[0]) == pytest.approx(said["value"], rel=1e-3)
    assert shown[1] == said["unit"] == "mm"
    low, high = re.findall(r"\d+(?:\.\d+)?", page.locator(".about").inner_text())[1:]
    assert [float(low), float(high)] == pytest.approx([said["low"], said["high"]], rel=1e-3)
    point = page.locator(".point").evaluate("each => each.offsetLeft")
    fill = page.locator("#said .fill").evaluate(
        "each => [each.offsetLeft, each.offsetLeft + each.offsetWidth]"
    )
    assert fill[0] < point < fill[1]
    expect(page.locator("#effects .number").first).to_contain_text("mm")


def test_an_older_question_is_dropped_for_a_newer_one(visit: Open, site: str) -> None:
    page = visit(site)
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/explain", hold_the_first)
    with page.expect_request("**/explain") as first:
        field(page, "Carrier").fill("EV")
    with page.expect_event("requestfailed") as dropped, answered(page) as rows:
        field(page, "Humidity").fill("90")
    assert dropped.value == first.value
    assert (rows[0]["carrier"], rows[0]["humidity"]) == ("EV", 90)
    shows(page, site, rows[0])


@pytest.mark.parametrize("fault", ["unreachable", "overloaded"])
def test_a_service_that_is_away_is_said_and_asked_again(visit: Open, site: str, fault: str) -> None:
    page = visit(site)
    page.clock.install()
    detail = "Enough is being answered: try again in a second."

    def fail(route: Route) -> None:
        if fault == "unreachable":
            route.abort()
        else:
            problem = json.dumps({"title": "", "status": 503, "detail": detail})
            route.fulfill(status=503, headers={"Retry-After": "2"}, body=problem)

    page.route("**/explain", fail)
    field(page, "Carrier").fill("EV")
    page.clock.run_for(200)
    said = "The service cannot be reached." if fault == "unreachable" else detail
    seconds = 3 if fault == "unreachable" else 2
    expect(page.locator("#notice")).to_have_text(
        f"{said} This page tries again every {seconds} seconds."
    )
    expect(page.locator("#stale")).to_be_visible()
    page.unroute("**/explain")
    with answered(page) as rows:
        page.clock.run_for(1000 * seconds)
    shows(page, site, rows[0])
    expect(page.locator("#notice")).to_be_empty()


def test_without_a_champion_the_page_says_what_to_run_and_waits(visit: Open, site: str) -> None:
    page = visit(site, bare=True)
    page.clock.install()
    problem = {"title": "", "status": 503, "detail": "Nothing yet: run `uv run dvc repro`."}
    page.route("**/model", lambda route: route.fulfill(status=503, body=json.dumps(problem)))
    page.goto(site)
    expect(page.locator("#notice code")).to_have_text("uv run dvc repro")
    expect(page.locator("#demo")).to_be_hidden()
    page.unroute("**/model")
    page.clock.run_for(3000)
    screenshots.await_answer(page)


def test_a_service_with_keys_asks_for_one_and_uses_it(
    visit: Open, project: Path, tmp_path: Path
) -> None:
    with serving(project, tmp_path, settings={"PREDICTOR_API_KEYS": "open sesame"}) as service:
        page = visit(service.url, bare=True)
        page.goto(service.url)
        key = page.get_by_label("API key")
        expect(key).to_be_focused()
        key.fill("guess")
        key.press("Enter")
        expect(page.locator("#notice")).to_contain_text("not one of those")
        key.fill("open sesame")
        key.press("Enter")
        screenshots.await_answer(page)
        expect(key).to_be_hidden()
        expect(page.locator("#notice")).to_be_empty()
        assert "sesame" not in page.url
        assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0


def test_the_page_works_below_any_prefix(visit: Open, site: str) -> None:
    page = visit(site, bare=True)
    asked: list[str] = []

    def strip(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(response=route.fetch(url=route.request.url.replace("/some/prefix/", "/")))

    page.route("**/*", strip)
    page.goto(f"{site}some/prefix/")
    screenshots.await_answer(page)
    assert len(asked) > 6
    assert [url for url in asked if not url.startswith(f"{site}some/prefix/")] == []


def test_the_wheel_holds_the_page(project: Path, tmp_path: Path) -> None:
    built = in_project(project, "uv", "build", "--wheel", "--quiet", "--out-dir", str(tmp_path))
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    page = project / "src" / "predictor" / "serve" / "page"
    files = {f"predictor/serve/page/{path.name}" for path in page.iterdir()}
    assert "predictor/serve/page/index.html" in files
    assert files <= set(zipfile.ZipFile(wheel).namelist())
