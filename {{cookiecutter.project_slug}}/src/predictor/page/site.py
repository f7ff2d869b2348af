"""A static site: the page with the champion in the browser, and the documents as HTML.

GitHub Pages serves it from a folder such as `/repository/`, so all its addresses are relative.
"""

import gzip
import json
import logging
import shutil
from html import escape
from os.path import normpath
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from predictor import task
from predictor.bundle import METADATA, MODEL, REFERENCE, Bundle
from predictor.errors import PredictorError
from predictor.features import CATEGORIES, NUMBERS, TIMES
from predictor.page.about import POLICY, STATIC, about, render
from predictor.paths import CHAMPION, README, write_text
from predictor.report import BEGIN, END
from predictor.schema import CALENDAR, Row

logger = logging.getLogger(__name__)

RUNTIME = Path(__file__).parent / "node_modules/onnxruntime-web/dist"
RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
INSTALL = "npm ci --ignore-scripts --prefix src/predictor/page"
# The sources of each page; a pattern without a file is left out.
PAGES = {
    "Result": (README.name,),
    "Model card": ("MODEL_CARD.md",),
    "Decisions": ("docs/decisions/*.md",),
    "Monitoring": ("reports/retraining.md", "reports/replay/*.md"),
}
REPORT = Path("reports/monitoring/report.html")
# WebAssembly is compiled in the browser, which the policy of a page has to allow.
SITE_POLICY = f"{POLICY}; script-src 'self' 'wasm-unsafe-eval'"


def build(folder: Path) -> None:
    """Write the site for `models/champion` to a folder.

    Raises:
        PredictorError: there is no champion, or no ONNX Runtime for the browser.
    """
    bundle = Bundle.load(CHAMPION)
    if not all((RUNTIME / name).exists() for name in RUNTIME_FILES):
        raise PredictorError(f"onnxruntime-web is not installed: run `{INSTALL}` (with Node.js).")
    shutil.copytree(STATIC, folder / "page", dirs_exist_ok=True)
    for name in RUNTIME_FILES:
        copy(RUNTIME / name, folder / "onnxruntime" / name)
    write_model(bundle, folder / "model")
    links = write_documents(folder)
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    size, compressed = (sum(map(len, each)) / 1e6 for each in (files, map(gzip.compress, files)))
    note = (
        "The model runs in your browser: no value that you enter leaves it. The whole site has "
        f"{size:.1f} MB ({compressed:.1f} MB compressed), most of it ONNX Runtime."
    )
    problem = bundle.metadata.problem
    html = render(
        "index.html",
        backend="browser",
        policy=SITE_POLICY,
        links=links,
        title=escape(problem.name),
        question=escape(problem.question),
        decision=escape(problem.decision),
        note=note,
    )
    write_text(folder / "index.html", html)
    logger.info("%s/index.html: %s", folder, note)


def write_model(bundle: Bundle, folder: Path) -> None:
    """Write what browser.js reads: the bundle, the schema of a row, and the order of features."""
    for name in (MODEL, METADATA, REFERENCE):
        copy(bundle.folder / name, folder / name)
    numbers = [(name, None) for name in NUMBERS]
    features = {
        "numbers": [*numbers, *((name, part) for name in TIMES for part in CALENDAR[name])],
        "categories": CATEGORIES,
        "classes": vars(task).get("CLASSES"),
    }
    write_text(folder / "features.json", json.dumps(features))
    write_text(folder / "row.json", json.dumps(Row.model_json_schema()))
    write_text(folder / "about.json", about(bundle).model_dump_json())


def write_documents(folder: Path) -> str:
    """Write a page for each entry of PAGES that has a source; return the links to them."""
    sources = {
        title: [path for pattern in patterns for path in sorted(Path().glob(pattern))]
        for title, patterns in PAGES.items()
    }
    names = {title: f"{title.lower().replace(' ', '-')}.html" for title in PAGES if sources[title]}
    places = {path: name for title, name in names.items() for path in sources[title]}
    links = {"Demo": "index.html", **names}
    if REPORT.exists():
        copy(REPORT, folder / REPORT)
        links["Live data"] = REPORT.as_posix()
    navigation = "\n".join(f'<a href="{name}">{title}</a>' for title, name in links.items())
    for title, name in names.items():
        content = "\n".join(to_html(path, places, folder) for path in sources[title])
        texts = {"policy": POLICY, "title": title, "links": navigation, "content": content}
        write_text(folder / name, render("document.html", **texts))
    return navigation


def to_html(path: Path, places: dict[Path, str], folder: Path) -> str:
    """Return a Markdown file as HTML; the pictures that it shows are copied to the site."""
    text = path.read_text(encoding="utf-8")
    if path == README:
        text = text.partition(BEGIN)[2].partition(END)[0]
    if text.startswith("---\n"):  # the front matter of a model card
        text = text.partition("\n---\n")[2]
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(text)
    for token in [each for outer in tokens for each in (outer, *(outer.children or []))]:
        adapt(token, path.parent, places, folder)
    html = str(markdown.renderer.render(tokens, markdown.options, {}))
    # On a phone, a wide table scrolls inside of its figure.
    html = html.replace("<table>", '<figure tabindex="0"><table>')
    return html.replace("</table>", "</table></figure>")


def adapt(token: Token, here: Path, places: dict[Path, str], folder: Path) -> None:
    """Change what is different on the site: headings, pictures, links, and inline styles."""
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"  # h1 is the title of the page
    if token.attrs.pop("style", None) == "text-align:right":  # the policy allows no inline style
        token.attrs["class"] = "right"
    address = str(token.attrs.get("src") or token.attrs.get("href", "://"))
    if "://" in address:
        return
    path = Path(normpath(here / address.partition("#")[0]))
    if token.type == "image":
        copy(path, folder / path)
        token.attrs["src"] = path.as_posix()
    else:
        token.attrs = {"href": places[path]} if path in places else {}


def copy(source: Path, target: Path) -> None:
    """Copy a file, and make the folder that it goes to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
