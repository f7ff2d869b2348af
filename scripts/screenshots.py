"""Photograph the demo page of a project that `make demo` has left, with one row filled in.

Usage: python scripts/screenshots.py     (writes build/screenshots/, and docs/page.png)
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import demo
from playwright.sync_api import Browser, Page, sync_playwright
from snapshot import TEMPLATE

PROJECT = TEMPLATE / "build" / "demo" / demo.SLUG
FOLDER = TEMPLATE / "build" / "screenshots"
PICTURE = TEMPLATE / "docs" / "page.png"  # in the README
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# It may run as root in a container, and must ask nobody but the service.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A wet Friday evening, on a regional airline.
ROW = {
    "scheduled_departure": "2013-02-22T18:45:00",
    "carrier": "EV",
    "origin": "LGA",
    "humidity": 93,
    "precipitation": 0.06,
    "visibility": 2.5,
    "wind_speed": 18.4,
    "wind_gust": None,
}
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def main() -> int:
    """Take the pictures and return the exit code."""
    if not PROJECT.exists():
        sys.exit("screenshots: there is no project to photograph: run `make demo` first.")
    port = demo.free_port()
    with demo.service(PROJECT, port), browser() as chromium:
        address = f"http://127.0.0.1:{port}/{fragment(ROW)}"
        for name, options in views().items():
            shoot(chromium, address, FOLDER / f"{name}.png", options)
    PICTURE.parent.mkdir(exist_ok=True)
    shutil.copyfile(FOLDER / "light.png", PICTURE)
    print(f"{FOLDER}\n{PICTURE}")
    return 0


def views() -> dict[str, dict[str, object]]:
    """Return the options of a browser's context for each picture."""
    return {
        "light": {"viewport": WIDE, "color_scheme": "light"},
        "dark": {"viewport": WIDE, "color_scheme": "dark"},
        "phone": {"viewport": PHONE, "color_scheme": "light"},
        "phone-dark": {"viewport": PHONE, "color_scheme": "dark"},
    }


@contextmanager
def browser() -> Iterator[Browser]:
    """Run the Chromium of this machine for as long as the block runs."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield chromium
        chromium.close()


def executable() -> str | None:
    """Return the path of a Chromium on this machine, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def fragment(row: Mapping[str, object]) -> str:
    """Return the part of an address that fills the form with a row."""
    return f"#{quote(json.dumps(row))}"


def shoot(chromium: Browser, address: str, path: Path, options: dict[str, object]) -> None:
    """Photograph what a window shows once the model has answered."""
    context = chromium.new_context(reduced_motion="reduce", **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    await_answer(page)
    page.screenshot(path=path)
    context.close()


def await_answer(page: Page) -> None:
    """Return once an answer is shown."""
    page.locator("#said .headline").wait_for()


if __name__ == "__main__":
    sys.exit(main())
