"""What keeps the project from being shown."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from predictor.errors import PredictorError
from predictor.schema import TARGET
from scaffold import pages
from scaffold.adoption import UNASKED
from scaffold.git import git, require_clean_tree
from scaffold.parts import say

README = Path("README.md")
PYPROJECT = Path("pyproject.toml")
RESULTS = ("dvc.lock", "reports/champion/evaluation.json", "reports/verdict.json", "uv.lock")
AUTHOR = {"name": "Your Name", "email": "you@example.com"}
BADGE = re.compile(r"github\.com/([^/\s]+/[^/\s]+)/actions/workflows/ci\.yml/badge\.svg")
REMOTE = re.compile(r"(?m)^origin\t.*[:/]([^/:]+/[^/]+?)(\.git)?/? \(fetch\)")
OWN = ("Decisions", "Limits")  # sections of the README that only the owner can write
LARGE = 1024 * 1024  # bytes, as in .pre-commit-config.yaml
MEASURED = ("reports/*.json", "reports/*.csv", "reports/*.md", "params.yaml", "MODEL_CARD.md")
RUN = "`uv run dvc repro`, `uv run predictor promote`, then commit"
WORDS = ("*.md", "*.ipynb")  # where the owner's words stand
CI_RUNS = (
    *("gh", "run", "list", "--workflow", "ci.yml", "--limit", "1000"),
    *("--status", "completed", "--json", "conclusion"),
)


@dataclass(frozen=True)
class Finding:
    """One line of `check`: done (`ok`), missing (`NO`) or not verifiable from here (`?`)."""

    state: Literal["ok", "NO", "?"]
    text: str
    step: str = ""  # what to do about it

    def __str__(self) -> str:
        return f"{self.state:>2}  {self.text}" + (f": {self.step}" if self.step else "")


def none(found: list[str], fine: str, problem: str, step: str) -> Finding:
    """Return that nothing was found (`fine`), or the first three places of a problem."""
    if not found:
        return Finding("ok", fine)
    return Finding("NO", f"{problem} ({', '.join(found[:3])}{', ...' * (len(found) > 3)})", step)


def author() -> Finding:
    """Find the default author of the template."""
    with PYPROJECT.open("rb") as file:
        (person, *_) = tomllib.load(file)["project"]["authors"]
    left = [value for key, value in AUTHOR.items() if person.get(key) == value]
    if AUTHOR["name"] in Path("LICENSE").read_text(encoding="utf-8"):
        left.append("LICENSE")
    if left:
        step = "write your name and e-mail address into pyproject.toml and LICENSE"
        return Finding("NO", f"the author is a placeholder ({', '.join(left)})", step)
    return Finding("ok", "the author is named")


def badge() -> Finding:
    """Compare the repository of the CI badge with that of the git remote."""
    found = BADGE.search(README.read_text(encoding="utf-8"))
    remote = REMOTE.search(git("remote", "--verbose"))
    if not remote:
        step = "`git remote add origin https://github.com/YOU/REPOSITORY`, and push"
        return Finding("NO", "a repository on GitHub is missing", step)
    if not found or found[1] != remote[1]:
        named = f"names {found[1]}" if found else "is missing"
        return Finding("NO", f"the CI badge {named}", f"show that of {remote[1]}'s ci.yml")
    return Finding("ok", f"the CI badge names {remote[1]}")


def clean_tree() -> Finding:
    """Find changes that are not committed."""
    try:
        require_clean_tree()
    except PredictorError as error:
        return Finding("NO", "not everything is committed", str(error))
    return Finding("ok", "everything is committed")


def links() -> Finding:
    """Find relative links and images of pages that lead to nothing in git."""
    tracked = set(tracked_files())
    found = [each for page in written() for each in pages.broken_links(page, tracked)]
    fine = "no link to a file is broken (links to other sites are not opened)"
    return none(found, fine, "links lead nowhere", "correct or commit them")


def sizes() -> Finding:
    """Find large files in git, other than the table of the project."""
    names = [name for name in tracked_files() if not name.startswith("data/source/")]
    found = [name for name in names if Path(name).stat().st_size > LARGE]
    step = "`git rm --cached` them, and let DVC keep data (`uv run dvc add`)"
    fine = "no file in git is over 1 MB, other than the table"
    return none(found, fine, "files over 1 MB are in git", step)


def secrets() -> Finding:
    """Run the hook that finds secrets on every file."""
    command = [sys.executable, "-m", "pre_commit", "run", "detect-secrets", "--all-files"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    places = re.findall(r"^Location: +(\S+)", done.stdout, re.MULTILINE)
    if not places and (done.returncode or "Skipped" in done.stdout):
        reason = "the hook did not run; is uv on the PATH, and are the files in git?"
        return Finding("?", f"secrets are not verified ({reason})")
    step = "remove it, and replace it where it is valid: git keeps the old text"
    return none(places, "detect-secrets finds nothing", "what looks like a secret is in git", step)


def results() -> Finding:
    """Find results that are not committed, or older than the code, parameters or data."""
    absent = [name for name in RESULTS if not git("ls-files", name)]
    if absent or "*Not measured yet" in README.read_text(encoding="utf-8"):
        what = ", ".join(absent) or "the numbers in README.md"
        return Finding("NO", f"results are missing ({what})", RUN)
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        return Finding("?", "`dvc status` failed, so the age of the results is unknown")
    stale = json.loads(done.stdout)
    if stale:
        return Finding("NO", f"results are older than their inputs ({', '.join(stale)})", RUN)
    return Finding("ok", "results are committed and up to date")


def question() -> Finding:
    """Find the question or the decision of the template, or none."""
    text = Path("params.yaml").read_text(encoding="utf-8")
    if pages.copied(text) or UNASKED.format(TARGET) in text or pages.BLANK in text:
        step = "write question and decision into params.yaml and README.md"
        return Finding("NO", "question or decision are not your own", step)
    return Finding("ok", "question and decision are your own")


def sections() -> Finding:
    """Find sections of pages and notebooks that nobody has written yet."""
    found = [f"{path}: {each}" for path in written(*WORDS) for each in unwritten(path)]
    return none(found, "every section is written", "not written yet", "write it in your words")


def unwritten(path: str) -> Iterator[str]:
    """Yield the gaps of a page."""
    page = pages.read(path)
    text = page.get_text()
    if blanks := text.count(pages.BLANK):
        yield f"{blanks} not answered"
    if path == str(README):
        titles = {each.get_text() for each in page.find_all(pages.HEADINGS)}
        yield from (f"no section {name!r}" for name in OWN if name not in titles)
    yield from (f"{name!r} is empty" for name in pages.empty_sections(page))


def prose() -> Finding:
    """Find sentences of the template where the owner's should be; the owner may have moved them.

    What describes the code, such as docs/batch.md and "How it works", may stay.
    """
    texts = {path: pages.read(path).get_text() for path in written(*WORDS)}
    found = [f"{path}: {each[:40]}..." for path in texts for each in pages.copied(texts[path])]
    step = "write what you found and decided, in your words"
    fine = "findings, limits and claims are in your words"
    return none(found, fine, "sentences are the template's", step)


def numbers() -> Finding:
    """Find numbers in the README that no report and no parameter holds."""
    text = README.read_text(encoding="utf-8")
    shown = " ".join(pages.RESULTS.findall(text))
    reports = [Path(name).read_text(encoding="utf-8") for name in tracked_files(*MEASURED)]
    reported = pages.numbers([shown, *reports])
    found = [each.text for each in pages.claims(text) if not each.is_in(reported)]
    step = "correct them, or link the paragraph to their source"
    fine = "each number in README.md is in a report or has a source"
    return none(found, fine, "numbers in README.md are in no report", step)


def history() -> Finding:
    """Find a history that does not show how the project was made."""
    count = int(git("rev-list", "--count", "--all"))
    if count > 1:
        return Finding("ok", f"{count} commits show how it was made")
    step = "commit each change by itself, with the reason in its message"
    return Finding("NO", "there is a single commit" if count else "there is no commit", step)


def ci() -> Finding:
    """Ask GitHub how the first and the newest run of the CI ended."""
    try:
        done = subprocess.run(CI_RUNS, capture_output=True, encoding="utf-8", check=False)
    except FileNotFoundError:
        return Finding("?", "CI is not verified: gh is not installed (cli.github.com)")
    if done.returncode:
        reason = done.stderr.strip().partition("\n")[0]
        return Finding("?", f"CI is not verified: `gh run list` failed ({reason})")
    ended = [run["conclusion"] for run in json.loads(done.stdout)]  # the newest first
    if not ended:
        return Finding("NO", "CI has not run yet", "push, and look at the tab Actions")
    if ended[0] != "success":
        return Finding("NO", f"the newest CI run ended with {ended[0]}", "`gh run view` says why")
    return Finding("ok", f"the newest CI run is green; the first one ended with {ended[-1]}")


# From the cheapest to the most expensive; `check` names the step of the first that is missing.
CHECKS: list[Callable[[], Finding]] = [
    *(author, badge, clean_tree, links, sizes, secrets, results),
    *(question, sections, prose, numbers, history, ci),
]


def check() -> int:
    """List what is done, missing or not verifiable; exit with 1 if anything is missing.

    For example: python -m scaffold check
    """
    missing = print_findings()
    if not missing:
        print("\nNothing is missing. Look at what is marked ?, then: python -m scaffold finish")
        return 0
    print(f"\n{len(missing)} missing. Next: {missing[0].step}")
    return 1


def print_findings() -> list[Finding]:
    """Print what each check finds, and return what is missing."""
    say("Checking (about ten seconds) ...")
    findings = []
    for verify in CHECKS:
        findings.append(verify())
        say(str(findings[-1]))
    return [finding for finding in findings if finding.state == "NO"]


def tracked_files(*patterns: str) -> list[str]:
    """Return the files in git that still exist, as paths from the project's folder."""
    return files("--cached", "--", *patterns)


def written(*patterns: str) -> list[str]:
    """Return the pages, or other files with these names, in git or not yet committed."""
    found = files("--cached", "--others", "--exclude-standard", "--", *patterns or ("*.md",))
    return [name for name in found if not name.startswith(("scaffold/", ".github/"))]


def files(*options: str) -> list[str]:
    """Return what `git ls-files` lists and is there."""
    names = git("ls-files", "-z", *options).split("\0")
    return sorted({name for name in names if name and Path(name).is_file()})
