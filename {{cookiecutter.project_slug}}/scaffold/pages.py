"""What the pages of the project say: their text, headings, links and numbers."""

import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLANK = "Not answered yet"  # stands where only the owner can write
TEMPLATE = Path(__file__).with_name("prose.txt")  # its sentences, one on each line
SHARE = 0.5  # of the word sequences of a sentence; one changed word does not hide a copy
FRONT_MATTER = re.compile(r"(?s)\A---\n.*?\n---\n")
RESULTS = re.compile(r"(?s)<!-- results:begin -->.*?<!-- results:end -->")
NUMBER = re.compile(r"(?<![\w.,/-])[-+\u2212]?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(\s?%)?(?![\w/-])")
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
ANY_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
YEARS = range(1900, 2101)


class Claim(NamedTuple):
    """A number as the owner wrote it."""

    text: str
    value: float
    decimals: int
    is_percent: bool

    def is_in(self, reported: Iterable[float]) -> bool:
        """Return whether a reported number is this one when it is rounded."""
        half = 0.5 * 10**-self.decimals + 1e-9
        scales = (1, 100) if self.is_percent else (1,)
        return any(abs(scale * each - self.value) <= half for each in reported for scale in scales)


def read(path: str) -> BeautifulSoup:
    """Return a Markdown file, or the Markdown of a notebook, as HTML."""
    text = Path(path).read_text(encoding="utf-8")
    if path.endswith(".ipynb"):
        cells = (cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    return render(text)


def render(text: str) -> BeautifulSoup:
    """Return Markdown, without its front matter, as HTML."""
    return BeautifulSoup(MARKDOWN.render(FRONT_MATTER.sub("", text)), "html.parser")


def sequences(text: str) -> set[tuple[str, ...]]:
    """Return all runs of four words."""
    words = re.findall(r"\w+", text.casefold())
    return set(zip(words, words[1:], words[2:], words[3:], strict=False))


def copied(text: str) -> list[str]:
    """Return the template's sentences of which more than half is in the text."""
    found = sequences(text)
    ours = {each: sequences(each) for each in TEMPLATE.read_text(encoding="utf-8").splitlines()}
    return [each for each in ours if len(ours[each] & found) > SHARE * len(ours[each])]


def empty_sections(page: BeautifulSoup) -> list[str]:
    """Return the headings that nothing follows, neither text nor a smaller heading."""
    found = []
    for heading in page.find_all(HEADINGS):
        after = heading.find_next_sibling()
        if after is None or (after.name in HEADINGS and after.name <= heading.name):
            found.append(heading.get_text())
    return found


def anchors(page: BeautifulSoup) -> set[str]:
    """Return the anchors that GitHub gives the headings, and those that the page has itself."""
    seen: Counter[str] = Counter()
    found = {str(tag.get("id") or tag.get("name")) for tag in page.select("[id], a[name]")}
    for heading in page.find_all(HEADINGS):
        slug = re.sub(r"[^\w\- ]", "", heading.get_text().strip().lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def links(page: BeautifulSoup) -> list[str]:
    """Return the targets of all links and images."""
    pairs = (("a", "href"), ("img", "src"), ("source", "srcset"))
    return [str(tag[key]) for name, key in pairs for tag in page.select(f"{name}[{key}]")]


def broken_links(path: str, tracked: set[str]) -> Iterator[str]:
    """Yield the relative links of a page that lead to no file in git, or to no heading."""
    page = read(path)
    for link in links(page):
        target = urlsplit(link)
        if target.scheme or target.netloc:
            continue
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(target.path)))
        place = place if target.path else path
        is_there = any(name == place or name.startswith(f"{place}/") for name in tracked)
        if is_there and target.fragment and place.endswith(".md"):
            is_there = unquote(target.fragment) in anchors(page if place == path else read(place))
        if not is_there:
            yield f"{path} to {link}"


def claims(text: str) -> list[Claim]:
    """Return the numbers in Markdown that must come from a run.

    Not counted: code, links, paragraphs with a link to a source, years, and, without a percent
    sign, whole numbers below 100 and round ones such as 200 or 1,000.
    """
    found = []
    for block in render(text).select("p, li, td"):
        if block.select_one('p, a[href^="http"]'):
            continue
        for quoted in block.select("code, a"):
            quoted.replace_with("`")
        for match in NUMBER.finditer(block.get_text()):
            whole, decimals, percent = match.groups(default="")
            digits = whole.replace(",", "")
            value = float(digits + decimals)
            is_rough = value < 100 or value in YEARS or len(digits.rstrip("0")) == 1
            if decimals or percent or not is_rough:
                found.append(Claim(match[0], value, max(len(decimals) - 1, 0), bool(percent)))
    return list(dict.fromkeys(found))


def numbers(texts: Iterable[str]) -> set[float]:
    """Return all numbers in reports, without signs; `1,234` is read in both ways."""
    return {
        float(each.replace(",", ""))
        for text in texts
        for pattern in (ANY_NUMBER, THOUSANDS)
        for each in pattern.findall(text)
    }
