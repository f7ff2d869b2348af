"""Take screenshots of a project's README, as GitHub shows it, and of its page.

Usage: python scripts/screenshots.py [--project FOLDER] [--out FOLDER] [--docs]

`--docs` writes the two pictures of the template's README. Node, npm and Chromium are needed.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import demo
from playwright.sync_api import Browser, sync_playwright
from snapshot import TEMPLATE

RENDERER = TEMPLATE / "build" / "render"
PACKAGES = ("marked@16", "github-markdown-css@5", "mermaid@11")
OFFLINE = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--allow-file-access-from-files",
)
WIDTHS, SCHEMES = (1280, 360), ("light", "dark")


def install_renderer() -> None:
    """Install the Markdown renderer, unless it is installed."""
    if not (RENDERER / "node_modules" / "marked").exists():
        RENDERER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", *PACKAGES]
        subprocess.run(command, cwd=RENDERER, check=True)
    (RENDERER / "render.mjs").write_bytes((TEMPLATE / "scripts" / "render.mjs").read_bytes())


def render(readme: Path, name: str) -> str:
    """Render a README to HTML, and return the URL of the file."""
    target = RENDERER / f"{name}.html"
    command = ["node", "render.mjs", str(readme), str(target)]
    subprocess.run(command, cwd=RENDERER, check=True)
    return target.as_uri()


def capture(
    browser: Browser, address: str, target: Path, width: int, scheme: str, ready: str, height: int
) -> None:
    """Write a screenshot of the first `height` pixels, or of the whole page if it is 0."""
    view = {"width": width, "height": height or 900}
    page = browser.new_page(viewport=view, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address)
    page.wait_for_selector(ready, state="attached")
    visibility = page.get_by_label("visibility")
    if visibility.count():  # the effects of a typical row are zero
        visibility.fill("0.5")
        page.wait_for_timeout(800)
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.screenshot(path=target, full_page=not height)
    page.close()
    print(target)


def main(project: Path, out: Path, *, docs: bool) -> int:
    """Write `readme-*.png` and, if the project has a page, `page-*.png`."""
    install_renderer()
    out.mkdir(parents=True, exist_ok=True)
    readme = render(project / "README.md", project.name)
    has_page = (project / "src" / "predictor" / "page").exists()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(OFFLINE)
        )
        shots = [(width, scheme) for width in WIDTHS for scheme in SCHEMES]
        for width, scheme in [(1000, "light")] if docs else shots:
            name = "readme.png" if docs else f"readme-{width}-{scheme}.png"
            height = 1300 if docs else 0
            capture(browser, readme, out / name, width, scheme, "[data-ready]", height)
        if has_page:
            port = demo.free_port()
            with demo.service(project, port):
                for width, scheme in [(1100, "light")] if docs else shots:
                    name = "page.png" if docs else f"page-{width}-{scheme}.png"
                    address = f"http://127.0.0.1:{port}"
                    height = 820 if docs else 0
                    capture(browser, address, out / name, width, scheme, "output strong", height)
        browser.close()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Screenshots of a project's README and page.")
    parser.add_argument(
        "--project", type=Path, default=TEMPLATE / "build" / "everything" / demo.SLUG
    )
    parser.add_argument("--out", type=Path, default=TEMPLATE / "build" / "screenshots")
    parser.add_argument("--docs", action="store_true", help="write the template's pictures")
    args = parser.parse_args()
    sys.exit(main(args.project, TEMPLATE / "docs" if args.docs else args.out, docs=args.docs))
