"""The demo page of the service in a browser: fixtures, and what its tests do with a page."""

import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import demo
import pytest
import screenshots
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect
from snapshot import TEMPLATE

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
def site(project: Path) -> Iterator[str]:
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


def ask(site: str, path: str, row: Json | None = None) -> Json:
    body = None if row is None else json.dumps(row).encode()
    request = urllib.request.Request(site + path, body, {"Content-Type": "application/json"})
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


def shows(page: Page, site: str, row: Json) -> None:
    """Fail unless the page shows what /predict answers to the row."""
    said = ask(site, "predict", row)
    expect(page.locator(".value")).to_have_text(f"{100 * said['probability']:.1f}\u00a0%")
    expect(page.locator(".verdict")).to_have_text("Act" if said["decision"] else "Do not act")
