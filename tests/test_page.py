"""The demo page of the service, in a browser: by mouse, keyboard and phone."""

import json
import os
import re
import shutil
import struct
import subprocess
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import demo
import pytest
import screenshots
from conftest import in_project
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Route, expect
from serving import serving
from snapshot import TEMPLATE

pytestmark = pytest.mark.slow

PROBES = Path(__file__).parent / "probes"
AXE = "4.14.1"
REFUSED = "the server responded with a status of"

Json = dict[str, Any]
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if screenshots.executable() is None:
        if "CI" in os.environ:
            pytest.fail("CI has no Chromium: .ci/run installs it")
        pytest.skip("no Chromium on this machine")
    with screenshots.browser() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def axe() -> Path:
    folder = TEMPLATE / "build" / f"axe-{AXE}"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None and "CI" not in os.environ:
            pytest.skip("no npm on this machine")
        options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm or "npm", "install", *options, "--prefix", str(folder), f"axe-core@{AXE}"]
        subprocess.run(command, check=True, capture_output=True)
    return script


@pytest.fixture(scope="module")
def home(project: Path) -> Iterator[str]:
    """Return the address of the service of the default project."""
    port = demo.free_port()
    with demo.service(project, port):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def made(project: Path) -> Iterator[str]:
    """Return the address below which champions of other tasks and of hostile names answer."""
    port = demo.free_port()
    python = str(project / ".venv" / "bin" / "python")
    command = [python, str(PROBES / "serve_made.py"), str(port)]
    process = subprocess.Popen(command, cwd=project)
    try:
        demo.wait_until(process, port)
        yield f"http://127.0.0.1:{port}/"
    finally:
        demo.stop(process)


class Watch:
    """What a page says to the console, and whom it asks."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        self.asked: set[str] = set()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(f"dialog: {dialog.message}"))
        page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser itself reports refusals and failures of the network, which are wanted here.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load"):
            self.said.append(message.text)
        elif REFUSED in message.text and not re.search(r"(explain|model)$", address_of(message)):
            self.said.append(f"{message.text} {address_of(message)}")

    def _see(self, request: Request) -> None:
        self.asked.add(request.url.split("/", 3)[2])


def address_of(message: ConsoleMessage) -> str:
    return str(message.location.get("url", ""))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Return a function that opens a page; in the end it must have been silent and asked nobody."""
    opened: list[tuple[str, Watch]] = []
    contexts = []

    def open_page(address: str, *, bare: bool = False, **options: Any) -> Page:
        contexts.append(browser.new_context(reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        opened.append((address, Watch(page)))
        if not bare:
            page.goto(address)
            screenshots.await_answer(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    for address, watch in opened:
        assert watch.said == []
        assert watch.asked == {address.split("/")[2]}


def ask(home: str, path: str, row: Json | None = None) -> Json:
    body = None if row is None else json.dumps(row).encode()
    request = urllib.request.Request(home + path, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        answer: Json = json.load(response)
    return answer


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


@contextmanager
def answered(page: Page) -> Iterator[list[Json]]:
    """Wait until the page shows the answer to what the block does; yields the row it asked."""
    rows: list[Json] = []
    with page.expect_response(lambda response: response.url.endswith("explain")) as caught:
        yield rows
    response = caught.value
    response.finished()
    rows.append(json.loads(response.request.post_data or ""))


def shows(page: Page, home: str, row: Json) -> None:
    """Fail unless the page shows what /predict answers to the row."""
    said = ask(home, "predict", row)
    expect(page.locator(".value")).to_have_text(f"{100 * said['probability']:.1f}\u00a0%")
    expect(page.locator(".verdict")).to_have_text("Act" if said["decision"] else "Do not act")


def invalid(page: Page) -> list[str | None]:
    return [each.get_attribute("id") for each in page.locator("#form [aria-invalid='true']").all()]


def test_the_page_opens_with_the_answer_to_a_typical_row(visit: Open, home: str) -> None:
    page, model = visit(home), ask(home, "model")
    shows(page, home, model["typical"])
    expect(page).to_have_title(model["contract"]["question"])
    expect(page.locator("h1")).to_have_text(model["contract"]["question"])
    expect(page.locator("#decision")).to_have_text(model["contract"]["decision"])
    exam = page.locator("#exam").inner_text()
    assert "Version 1, promoted " in exam
    assert f"ROC AUC {model['metrics']['roc_auc']:.3f}" in exam
    assert f"{model['metrics']['cost_per_1000']:.0f} desk hours per 1,000 decisions" in exam


def test_every_column_has_the_input_of_its_type_with_hint_and_typical_value(
    visit: Open, home: str
) -> None:
    page, model = visit(home), ask(home, "model")
    for name, column in model["contract"]["columns"].items():
        label = name.replace("_", " ").capitalize()
        if column.get("values"):
            group = page.get_by_role("radiogroup", name=label)
            expect(group.get_by_role("radio")).to_have_count(len(column["values"]))
            expect(group.get_by_label(model["typical"][name], exact=True)).to_be_checked()
            described = group
        else:
            described = field(page, label)
            kind = {"number": "number", "timestamp": "datetime-local", "category": "text"}
            expect(described).to_have_attribute("type", kind[column["type"]])
            value, typical = described.input_value(), model["typical"][name]
            assert typical == read(column, value)
        hints = str(described.get_attribute("aria-describedby")).split()
        assert column["description"] in page.locator(f"#{hints[0]}").inner_text()
        assert page.get_by_label(f"{label} is unknown").count() == column["missing"]
    options = page.locator("#field-1-names option").evaluate_all("all => all.map(o => o.value)")
    assert options == list(model["statistics"]["columns"]["carrier"]["shares"])


def read(column: Json, value: str) -> object:
    if column["type"] == "number":
        return float(value)
    return f"{value}:00" if column["type"] == "timestamp" else value


def test_a_changed_value_shows_what_predict_answers_to_that_row(visit: Open, home: str) -> None:
    page = visit(home)
    before = page.locator(".value").inner_text()
    with answered(page):
        field(page, "Humidity").fill("97")
    with answered(page):
        page.get_by_role("radiogroup", name="Origin").get_by_label("LGA").check()
    with answered(page) as rows:
        field(page, "Scheduled departure").fill("2013-02-22T18:45")
    (row,) = rows
    assert row == ask(home, "model")["typical"] | {
        "humidity": 97,
        "origin": "LGA",
        "scheduled_departure": "2013-02-22T18:45",
    }
    shows(page, home, row)
    assert page.locator(".value").inner_text() != before
    probability = ask(home, "predict", row)["probability"]
    costs = [float(cell) for cell in page.locator("#choices td:nth-child(2)").all_inner_texts()]
    assert costs == pytest.approx([1 - probability, 4 * probability], abs=0.006)
    expect(page.locator("#choices .least th")).to_have_text(page.locator(".verdict").inner_text())


def test_a_slider_moves_its_number_and_the_answer(visit: Open, home: str) -> None:
    page = visit(home)
    slider = field(page, "Wind speed, slider")
    slider.focus()
    with answered(page) as rows:
        slider.press("End")
    assert rows[0]["wind_speed"] == float(slider.input_value())
    assert field(page, "Wind speed").input_value() == slider.input_value()
    assert rows[0]["wind_speed"] > ask(home, "model")["typical"]["wind_speed"]
    shows(page, home, rows[0])


def test_a_value_can_be_unknown_and_known_again(visit: Open, home: str) -> None:
    page = visit(home)
    unknown = page.get_by_label("Pressure is unknown")
    typical = field(page, "Pressure").input_value()
    with answered(page) as rows:
        unknown.check()
    assert rows[0]["pressure"] is None
    shows(page, home, rows[0])
    with answered(page) as again:
        unknown.uncheck()
    assert again[0]["pressure"] == float(typical)
    with answered(page) as emptied:
        field(page, "Pressure").fill("")
    assert emptied[0]["pressure"] is None
    expect(unknown).to_be_checked()


def test_a_broken_field_names_its_fault_keeps_the_rest_and_mends(visit: Open, home: str) -> None:
    page = visit(home)
    old = page.locator(".value").inner_text()
    with answered(page):
        field(page, "Distance").fill("9999")
    error = page.locator("#field-4-error")
    expect(error).to_have_text("Input should be less than or equal to 6000")
    assert invalid(page) == ["field-4"]
    assert "field-4-error" in str(field(page, "Distance").get_attribute("aria-describedby"))
    expect(page.locator("#stale")).to_be_visible()
    assert page.locator(".value").inner_text() == old
    assert field(page, "Carrier").input_value() == ask(home, "model")["typical"]["carrier"]
    with answered(page) as rows:
        field(page, "Distance").fill("2475")
    expect(error).to_be_empty()
    expect(page.locator("#stale")).to_be_hidden()
    assert invalid(page) == []
    shows(page, home, rows[0])


def test_an_empty_field_that_must_be_known_is_named(visit: Open, home: str) -> None:
    page = visit(home)
    with answered(page):
        field(page, "Carrier").fill("")
    expect(page.locator("#field-1-error")).to_have_text("Field required")
    assert invalid(page) == ["field-1"]


def test_reset_brings_the_typical_values_back(visit: Open, home: str) -> None:
    page = visit(home + screenshots.fragment(screenshots.ROW))
    with answered(page) as rows:
        page.get_by_role("button", name="Reset to typical values").click()
    assert rows[0] == {
        name: value.removesuffix(":00") if name == "scheduled_departure" else value
        for name, value in ask(home, "model")["typical"].items()
    }
    expect(page.locator("#effects li")).to_have_count(0)
    assert page.url == home


def test_the_bars_are_the_effects_that_explain_gives(visit: Open, home: str) -> None:
    page = visit(home + screenshots.fragment(screenshots.ROW))
    row = ask(home, "model")["typical"] | screenshots.ROW
    effects = ask(home, "explain", row)["contributions"][:8]
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


def test_an_address_brings_its_row_and_carries_the_next(visit: Open, home: str) -> None:
    page = visit(home + screenshots.fragment({"carrier": "EV", "nobody": 1, "humidity": None}))
    assert field(page, "Carrier").input_value() == "EV"
    expect(page.get_by_label("Humidity is unknown")).to_be_checked()
    with answered(page) as rows:
        field(page, "Carrier").fill("9E")
    shows(page, home, rows[0])
    again = visit(page.url)
    assert field(again, "Carrier").input_value() == "9E"
    shows(again, home, rows[0])


def test_the_keyboard_alone_reaches_an_answer(visit: Open, home: str) -> None:
    page = visit(home)
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
    assert rows[0]["distance"] > ask(home, "model")["typical"]["distance"]
    assert outline(page) != "none"
    with answered(page) as rows:
        page.keyboard.press("Enter")
    shows(page, home, rows[0])
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


def test_a_screen_reader_hears_the_answer_once_the_typing_rests(visit: Open, home: str) -> None:
    page = visit(home, bare=True)
    page.clock.install()
    page.goto(home)
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


def test_an_older_question_is_dropped_for_a_newer_one(visit: Open, home: str) -> None:
    page = visit(home)
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
    shows(page, home, rows[0])


@pytest.mark.parametrize("fault", ["unreachable", "overloaded"])
def test_a_service_that_is_away_is_said_and_asked_again(visit: Open, home: str, fault: str) -> None:
    page = visit(home)
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
    shows(page, home, rows[0])
    expect(page.locator("#notice")).to_be_empty()


def test_without_a_champion_the_page_says_what_to_run_and_waits(visit: Open, home: str) -> None:
    page = visit(home, bare=True)
    page.clock.install()
    problem = {"title": "", "status": 503, "detail": "Nothing yet: run `uv run dvc repro`."}
    page.route("**/model", lambda route: route.fulfill(status=503, body=json.dumps(problem)))
    page.goto(home)
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


def test_the_page_works_below_any_prefix(visit: Open, home: str) -> None:
    page = visit(home, bare=True)
    asked: list[str] = []

    def strip(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(response=route.fetch(url=route.request.url.replace("/some/prefix/", "/")))

    page.route("**/*", strip)
    page.goto(f"{home}some/prefix/")
    screenshots.await_answer(page)
    assert len(asked) > 6
    assert [url for url in asked if not url.startswith(f"{home}some/prefix/")] == []


def test_hostile_names_are_text(visit: Open, made: str) -> None:
    home = f"{made}hostile/"
    page, model = visit(home), ask(home, "model")
    columns = model["contract"]["columns"]
    image, script = list(columns)[:2]
    expect(page.locator("h1")).to_have_text(model["contract"]["question"])
    expect(page.get_by_role("combobox", name=script)).to_be_visible()
    with answered(page):
        page.get_by_role("spinbutton", name=image).fill("9.5")
    with answered(page):
        page.get_by_role("combobox", name=script).select_option(image)
    with answered(page):
        page.get_by_label("1 is unknown").check()
    with answered(page) as rows:
        page.get_by_role("radiogroup", name="proto").get_by_label("toString").check()
    assert rows[0].keys() == columns.keys()
    assert (rows[0][image], rows[0][script], rows[0]["__proto__"]) == (9.5, image, "toString")
    assert rows[0]["1"] is None
    shows(page, home, rows[0])
    expect(page.locator("#effects li").first).to_contain_text(image)
    assert page.locator("main img, main script, main b, main i").count() == 0


def test_several_classes_are_shown_with_a_bar_each(visit: Open, made: str) -> None:
    home = f"{made}multiclass/"
    page = visit(home)
    with answered(page):
        page.get_by_role("radiogroup", name="Class").get_by_label("B").check()
    with answered(page) as rows:
        field(page, "Pressure").fill("12")
    said, explained = (ask(home, path, rows[0]) for path in ("predict", "explain"))
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
    home = f"{made}regression/"
    page = visit(home)
    with answered(page) as rows:
        field(page, "Pressure").fill("12")
    said = ask(home, "predict", rows[0])
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


@pytest.mark.parametrize("viewport", [screenshots.WIDE, screenshots.PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_before_and_after_a_fault(
    visit: Open, home: str, axe: Path, scheme: str, viewport: dict[str, int]
) -> None:
    address = home + screenshots.fragment(screenshots.ROW)
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
    visit: Open, home: str, made: str, kind: str
) -> None:
    address = home if kind == "binary" else f"{made}{kind}/"
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
    visit: Open, home: str, scheme: str, is_dark: bool
) -> None:
    page = visit(home, color_scheme=scheme)
    shades = "each => [getComputedStyle(each).color, getComputedStyle(each).backgroundColor]"
    for place in ("body", ".field input"):
        text, ground = page.locator(place).first.evaluate(shades)
        assert (brightness(text) > brightness(ground)) == is_dark, place


def brightness(colour: str) -> int:
    return sum(map(int, re.findall(r"\d+", colour)))


def test_the_pictures_are_taken_in_each_size_and_scheme(browser: Browser, home: str) -> None:
    address = home + screenshots.fragment(screenshots.ROW)
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


def test_the_wheel_holds_the_page(project: Path, tmp_path: Path) -> None:
    built = in_project(project, "uv", "build", "--wheel", "--quiet", "--out-dir", str(tmp_path))
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    page = project / "src" / "predictor" / "serve" / "page"
    files = {f"predictor/serve/page/{path.name}" for path in page.iterdir()}
    assert "predictor/serve/page/index.html" in files
    assert files <= set(zipfile.ZipFile(wheel).namelist())
