"""What goes wrong with a project, one thing at a time, and which job of its CI must say so."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workflow.pushing import edit

Change = Callable[[Path], None]


def lint_error(repository: Path) -> None:
    edit(repository, "tests/test_rules.py", r"\A", "import os\n")


def failing_test(repository: Path) -> None:
    for path in (repository / "tests").glob("test_*.py"):
        path.unlink()  # they pass, and take their time
    text = "def test_the_moon_is_made_of_cheese() -> None:\n    assert 1 + 1 == 3\n"
    (repository / "tests" / "test_moon.py").write_text(text, encoding="utf-8")


def stale_lock(repository: Path) -> None:
    edit(repository, "pyproject.toml", r'"numpy>=[^"]*"', '"numpy>=2.4"')


def secret(repository: Path) -> None:
    text = f"key = '{hashlib.sha1(b'a secret', usedforsecurity=False).hexdigest()}'\n"
    (repository / "reports" / "notes.txt").write_text(text, encoding="utf-8")


def broken_notebook(repository: Path) -> None:
    edit(repository, "notebooks/explore.ipynb", r"pd\.read_parquet\(", "pd.read_parkett(")


def forged_metric(repository: Path) -> None:
    """Write a better metric, and its hash into dvc.lock."""
    path = repository / "reports" / "evaluation.json"
    before = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    edit(repository, "reports/evaluation.json", r'"roc_auc": 0\.\d+', '"roc_auc": 0.95')
    after = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    edit(repository, "dvc.lock", before, after)
    (repository / "reports" / "champion" / "evaluation.json").write_bytes(path.read_bytes())
    edit(repository, "README.md", r"(ROC AUC [^|]*\| )0\.\d+", r"\g<1>0.950")


def image_that_does_not_start(repository: Path) -> None:
    edit(repository, "Dockerfile", '"--host"', '"--hots"')


def readme_sentence(repository: Path) -> None:
    edit(
        repository, "README.md", "this test cannot tell which one is better", "the model is better"
    )


@dataclass(frozen=True)
class Breakage:
    """What is broken, which job of ci.yml must say so, and what it says."""

    change: Change
    job: str
    says: str


BREAKAGES = {
    "a lint error": Breakage(lint_error, "check", "Found 1 error (1 fixed"),
    "a failing test": Breakage(
        failing_test, "check", "test_moon.py::test_the_moon_is_made_of_cheese"
    ),
    "a lock file that does not fit": Breakage(
        stale_lock, "check", "The lockfile at `uv.lock` needs to be updated"
    ),
    "a secret": Breakage(secret, "check", "Secret Type: Hex High Entropy String"),
    "a broken notebook": Breakage(broken_notebook, "notebook", "has no attribute 'read_parkett'"),
    "a forged metric": Breakage(forged_metric, "pipeline", "model roc_auc 0.95 -> 0.7"),
    "an image that does not start": Breakage(
        image_that_does_not_start, "image", "No such option: --hots"
    ),
}
