"""The form of the demo page: what a person can put in, and what is wrong with it."""

import pytest
import screenshots
from pages import Json, Open, answered, ask, field, shows
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow


def invalid(page: Page) -> list[str | None]:
    return [each.get_attribute("id") for each in page.locator("#form [aria-invalid='true']").all()]


def test_the_page_opens_with_the_answer_to_a_typical_row(visit: Open, site: str) -> None:
    page, model = visit(site), ask(site, "model")
    shows(page, site, model["typical"])
    expect(page).to_have_title(model["contract"]["question"])
    expect(page.locator("h1")).to_have_text(model["contract"]["question"])
    expect(page.locator("#decision")).to_have_text(model["contract"]["decision"])
    exam = page.locator("#exam").inner_text()
    assert "Version 1, promoted " in exam
    assert f"ROC AUC {model['metrics']['roc_auc']:.3f}" in exam
    assert f"{model['metrics']['cost_per_1000']:.0f} desk hours per 1,000 decisions" in exam


def test_every_column_has_the_input_of_its_type_with_hint_and_typical_value(
    visit: Open, site: str
) -> None:
    page, model = visit(site), ask(site, "model")
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


def test_a_changed_value_shows_what_predict_answers_to_that_row(visit: Open, site: str) -> None:
    page = visit(site)
    before = page.locator(".value").inner_text()
    with answered(page):
        field(page, "Humidity").fill("97")
    with answered(page):
        page.get_by_role("radiogroup", name="Origin").get_by_label("LGA").check()
    with answered(page) as rows:
        field(page, "Scheduled departure").fill("2013-02-22T18:45")
    (row,) = rows
    assert row == ask(site, "model")["typical"] | {
        "humidity": 97,
        "origin": "LGA",
        "scheduled_departure": "2013-02-22T18:45",
    }
    shows(page, site, row)
    assert page.locator(".value").inner_text() != before
    probability = ask(site, "predict", row)["probability"]
    costs = [float(cell) for cell in page.locator("#choices td:nth-child(2)").all_inner_texts()]
    assert costs == pytest.approx([1 - probability, 4 * probability], abs=0.006)
    expect(page.locator("#choices .least th")).to_have_text(page.locator(".verdict").inner_text())


def test_a_slider_moves_its_number_and_the_answer(visit: Open, site: str) -> None:
    page = visit(site)
    slider = field(page, "Wind speed, slider")
    slider.focus()
    with answered(page) as rows:
        slider.press("End")
    assert rows[0]["wind_speed"] == float(slider.input_value())
    assert field(page, "Wind speed").input_value() == slider.input_value()
    assert rows[0]["wind_speed"] > ask(site, "model")["typical"]["wind_speed"]
    shows(page, site, rows[0])


def test_a_value_can_be_unknown_and_known_again(visit: Open, site: str) -> None:
    page = visit(site)
    unknown = page.get_by_label("Pressure is unknown")
    typical = field(page, "Pressure").input_value()
    with answered(page) as rows:
        unknown.check()
    assert rows[0]["pressure"] is None
    shows(page, site, rows[0])
    with answered(page) as again:
        unknown.uncheck()
    assert again[0]["pressure"] == float(typical)
    with answered(page) as emptied:
        field(page, "Pressure").fill("")
    assert emptied[0]["pressure"] is None
    expect(unknown).to_be_checked()


def test_a_broken_field_names_its_fault_keeps_the_rest_and_mends(visit: Open, site: str) -> None:
    page = visit(site)
    old = page.locator(".value").inner_text()
    with answered(page):
        field(page, "Distance").fill("9999")
    error = page.locator("#field-4-error")
    expect(error).to_have_text("Input should be less than or equal to 6000")
    assert invalid(page) == ["field-4"]
    assert "field-4-error" in str(field(page, "Distance").get_attribute("aria-describedby"))
    expect(page.locator("#stale")).to_be_visible()
    assert page.locator(".value").inner_text() == old
    assert field(page, "Carrier").input_value() == ask(site, "model")["typical"]["carrier"]
    with answered(page) as rows:
        field(page, "Distance").fill("2475")
    expect(error).to_be_empty()
    expect(page.locator("#stale")).to_be_hidden()
    assert invalid(page) == []
    shows(page, site, rows[0])


def test_an_empty_field_that_must_be_known_is_named(visit: Open, site: str) -> None:
    page = visit(site)
    with answered(page):
        field(page, "Carrier").fill("")
    expect(page.locator("#field-1-error")).to_have_text("Field required")
    assert invalid(page) == ["field-1"]


def test_reset_brings_the_typical_values_back(visit: Open, site: str) -> None:
    page = visit(site + screenshots.fragment(screenshots.ROW))
    with answered(page) as rows:
        page.get_by_role("button", name="Reset to typical values").click()
    assert rows[0] == {
        name: value.removesuffix(":00") if name == "scheduled_departure" else value
        for name, value in ask(site, "model")["typical"].items()
    }
    expect(page.locator("#effects li")).to_have_count(0)
    assert page.url == site


def test_an_address_brings_its_row_and_carries_the_next(visit: Open, site: str) -> None:
    page = visit(site + screenshots.fragment({"carrier": "EV", "nobody": 1, "humidity": None}))
    assert field(page, "Carrier").input_value() == "EV"
    expect(page.get_by_label("Humidity is unknown")).to_be_checked()
    with answered(page) as rows:
        field(page, "Carrier").fill("9E")
    shows(page, site, rows[0])
    again = visit(page.url)
    assert field(again, "Carrier").input_value() == "9E"
    shows(again, site, rows[0])


def test_hostile_names_are_text(visit: Open, made: str) -> None:
    site = f"{made}hostile/"
    page, model = visit(site), ask(site, "model")
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
    shows(page, site, rows[0])
    expect(page.locator("#effects li").first).to_contain_text(image)
    assert page.locator("main img, main script, main b, main i").count() == 0
