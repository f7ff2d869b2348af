"""Chromium, and a folder served as GitHub Pages serves it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import node
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
OFFLINE = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SCREENS = [(width, scheme) for width in (1280, 360) for scheme in ("light", "dark")]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OFFLINE))
        yield browser
        browser.close()


def open_page(browser: Browser, width: int, scheme: str) -> Page:
    view = {"width": width, "height": 800}
    return browser.new_page(viewport=view, color_scheme=scheme)  # type: ignore[arg-type]


def faults(page: Page) -> list[str]:
    """Return what axe-core finds on a page."""
    page.evaluate((node.package("axe-core") / "axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{each['id']}: {target['html']}"
        for each in found["violations"]
        for target in each["nodes"]
    ]


def cut_off(page: Page) -> list[str]:
    """Return what is wider than the screen or than the field around it."""
    found: list[str] = page.evaluate(
        """() => {
          const wide = [...document.querySelectorAll('input, select')].filter(
            (each) => each.offsetWidth > each.parentElement.offsetWidth + 1);
          const page = document.documentElement;
          return wide.map((each) => each.name).concat(
            page.scrollWidth > innerWidth ? ['the page'] : []);
        }"""
    )
    return found


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder, and return its address without a slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
