"""`predictor site` in a real browser, for each kind of task: the answers are the service's."""

import csv
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import node
import pytest
from browsing import SCREENS, chromium, cut_off, faults, open_page, served
from conftest import copy_of, predictor, run
from playwright.sync_api import Browser, Page, expect
from snapshot import TEMPLATE
from test_adopt import adopted

pytestmark = pytest.mark.slow

PROBE = str(TEMPLATE / "tests" / "probes" / "ask_rows.py")
ASK = """async ([address, rows]) => {
  const { open } = await import(address);
  const { ask } = await open();
  const answers = [];
  for (const row of rows) answers.push(await ask(row));
  return answers;
}"""
TABLES = {
    "flights": (),
    "wines": ("--target", "target", "--time", "none"),
    "houses": ("--target", "price", "--time", "sold"),
}
DECISION = "# Split\n\nSee [the card](../../MODEL_CARD.md), [code](../../src/x.py).\n"
CARD = "---\nlicense: cc0\n---\n# Card\n\n![Curves](reports/champion/curves.svg)\n"
REPLAY = "# Replay\n\n| Period | Rows |\n|---|---:|\n| 2013-04 | 1,000 |\n"


@dataclass(frozen=True)
class Site:
    """A project with its site, which is served from a sub-path."""

    project: Path
    address: str
    asked: Any


def vary(source: Path, target: Path) -> Path:
    """Write a table with missing numbers, texts and times, and a column of true and false."""
    with source.open(encoding="utf-8", newline="") as file:
        delimiter = ";" if ";" in file.readline() else ","
        file.seek(0)
        rows = list(csv.DictReader(file, delimiter=delimiter))
    number = list(rows[0])[1]
    for at, row in enumerate(rows):
        row["grower"] = f"Björn {at % 40}" if at % 5 else ""
        row["organic"] = ("true", "false")[at % 3 == 0]
        row["tasted"] = f"2024-{1 + at % 12:02}-{1 + at % 28:02} {at % 24:02}:30" if at % 9 else ""
        if at % 7 == 0:
            row[number] = ""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return target


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def sites(
    everything: Path, tables: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Site]]:
    """Return a function that builds the site for a table once."""
    folder, made = tmp_path_factory.mktemp("sites"), dict[str, Site]()
    with served(folder) as address:

        def site(name: str) -> Site:
            if name not in made:
                project = copy_of(everything, folder / name)
                if TABLES[name]:
                    table = vary(tables / f"{name}.csv", folder / f"{name}.csv")
                    adopted(project, str(table), *TABLES[name])
                else:
                    add_documents(project)
                node.install_runtime(project)
                done = predictor(project, "site")
                assert done.returncode == 0, done.stderr
                assert "most of it ONNX Runtime" in done.stdout
                made[name] = Site(project, f"{address}/{name}/{project.name}/site", asked(project))
            return made[name]

        yield site


def add_documents(project: Path) -> None:
    """Add what the owner and other parts write, and slices, the worst first."""
    for name, text in {
        "MODEL_CARD.md": CARD,
        "docs/decisions/0001-split.md": DECISION,
        "reports/replay/replay.md": REPLAY,
    }.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    path = project / "models" / "champion" / "evaluation.json"
    worst = {"column": "origin", "value": "LGA", "rows": 8_000}
    worst |= {"model": {"cost_per_1000": 812.4}, "dummy": {"cost_per_1000": 801.0}}
    evaluation = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(evaluation | {"slices": [worst]}), encoding="utf-8")


def asked(project: Path) -> Any:
    """Return 200 rows and the answers of the service for them."""
    target, log = project.parent / "asked.json", f"sqlite:///{project.parent / 'log.db'}"
    python = str(project / ".venv" / "bin" / "python")
    done = run(project, python, PROBE, str(target), PREDICTOR_LOG=log)
    assert done.returncode == 0, done.stderr
    return json.loads(target.read_text(encoding="utf-8"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return an empty page; what the console says is a failure."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert said == []
    page.close()


def differences(one: Any, other: Any) -> Iterator[float]:
    """Return how far each number is from its counterpart; other values must be equal."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            yield from differences(one[name], other[name])
    elif isinstance(one, (int, float)) and not isinstance(one, bool):
        yield abs(one - other) / max(1, abs(one))
    else:
        assert one == other


@pytest.mark.parametrize("name", TABLES)
def test_the_browser_answers_as_the_service_does(
    sites: Callable[[str], Site], page: Page, name: str
) -> None:
    site = sites(name)
    rows, answers = site.asked["rows"], site.asked["answers"]
    assert site.asked["optional"]
    assert site.asked["free"]
    assert site.asked["times"]
    page.goto(f"{site.address}/index.html")
    found = page.evaluate(ASK, [f"{site.address}/page/browser.js", rows])
    assert len(found) == 200
    assert any(each["prediction"]["unseen"] for each in found)
    largest = max(
        difference
        for ours, theirs in zip(found, answers, strict=True)
        for difference in differences(ours["prediction"], theirs["prediction"])
    )
    effects = [
        {each["column"]: each["effect"] for each in answer["contributions"]}
        for answer in (*found, *answers)
    ]
    scale = max(abs(effect) for each in effects for effect in each.values())
    moved = max(
        abs(effects[at][column] - effects[at + 200][column])
        for at in range(200)
        for column in effects[at]
    )
    print(f"{name}: largest difference {largest:.1e}, of an effect {moved / max(1, scale):.1e}")
    assert largest <= 1e-6
    assert moved <= 1e-6 * max(1, scale)


def test_the_page_shows_the_question_the_answer_and_what_the_model_is_worth(
    sites: Callable[[str], Site], page: Page
) -> None:
    site, asked_for = sites("flights"), list[str]()
    page.on("request", lambda request: asked_for.append(request.url))
    page.goto(f"{site.address}/")
    metadata = json.loads((site.project / "models/champion/metadata.json").read_text("utf-8"))
    expect(page.locator("output strong")).to_have_text(re.compile(r"^\d+\.\d%$"))
    expect(page.locator("h1")).to_have_text(metadata["problem"]["question"])
    worth = page.locator("#worth")
    expect(worth).to_contain_text("desk hours with the model")
    expect(worth).to_contain_text(
        "It is worst where origin is LGA (8,000 of 27,902 test rows): there, the cost of 1,000 "
        "decisions is 812 desk hours with the model and 801 without one. On all test rows it is"
    )
    expect(page.locator("footer")).to_contain_text(re.compile(r"1\d\.\d MB \(\d\.\d MB compressed"))
    page.get_by_label("visibility").fill("0.5")
    expect(page.get_by_role("row").filter(has_text="visibility")).to_contain_text("raises it by")
    page.get_by_label("distance").fill("9")
    expect(page.locator("output")).to_have_text("Some values are not possible.")
    assert all(each.startswith(site.address) for each in asked_for)


def test_the_first_answer_comes_within_seconds(
    sites: Callable[[str], Site], browser: Browser
) -> None:
    seconds = []
    for _ in range(3):
        page = browser.new_page()
        start = time.monotonic()
        page.goto(f"{sites('flights').address}/")
        page.locator("output strong").wait_for()
        seconds.append(time.monotonic() - start)
        page.close()
    print("seconds to the first answer:", [round(each, 2) for each in seconds])
    assert min(seconds) < 5  # 1.6 to 2.5 were measured; the machine of the tests may be busy


def test_every_page_is_reached_and_shows_its_source(
    sites: Callable[[str], Site], page: Page
) -> None:
    site = sites("flights")
    page.goto(f"{site.address}/")
    links = page.locator("nav a")
    assert links.all_inner_texts() == ["Demo", "Result", "Model card", "Decisions", "Monitoring"]
    links.get_by_text("Result").click()
    expect(page.get_by_role("table")).to_contain_text("Cost of 1,000 decisions")
    page.get_by_role("link", name="Model card", exact=True).click()
    assert page.get_by_alt_text("Curves").evaluate("each => each.naturalWidth") > 0
    expect(page.locator("main")).not_to_contain_text("license")
    page.get_by_role("link", name="Decisions").click()
    expect(page.get_by_role("heading", name="Split")).to_be_visible()
    assert page.get_by_role("link", name="code").count() == 0
    page.get_by_role("link", name="the card").click()
    page.wait_for_url("**/model-card.html")
    page.get_by_role("link", name="Monitoring").click()
    expect(page.get_by_role("cell", name="1,000")).to_have_class("right")


def test_without_webassembly_the_page_says_what_is_missing(
    sites: Callable[[str], Site], page: Page
) -> None:
    page.add_init_script("delete globalThis.WebAssembly")
    page.goto(f"{sites('flights').address}/")
    expect(page.locator("output")).to_contain_text("needs WebAssembly")


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    sites: Callable[[str], Site], browser: Browser, width: int, scheme: str
) -> None:
    addresses = [f"{sites(name).address}/index.html" for name in TABLES]
    names = ("result", "model-card", "decisions", "monitoring")
    addresses += [f"{sites('flights').address}/{name}.html" for name in names]
    for address in addresses:
        page = open_page(browser, width, scheme)
        page.goto(address)
        if address.endswith("index.html"):
            page.locator("output strong").wait_for()
        assert faults(page) == [], address
        assert cut_off(page) == [], address
        page.close()


def test_the_stylesheet_is_the_one_of_npm() -> None:
    path = TEMPLATE / "{{cookiecutter.project_slug}}/src/predictor/page/static/simple.min.css"
    package, ours = node.package("simpledotcss"), path.read_text(encoding="utf-8")
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    head = f"/* Simple.css {version}, from the npm package simpledotcss.\n\n"
    licence, styles = (
        (package / name).read_text("utf-8") for name in ("LICENSE", "simple.min.css")
    )
    assert ours == f"{head}{licence}*/\n{styles}\n"
