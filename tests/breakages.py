"""What goes wrong with a project, one thing at a time, and which job of its CI must say so."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from baking import text_of

RERUN = "run `uv run predictor pipeline` and commit what it writes"
Change = Callable[[Path], None]


def edit(repository: Path, name: str, old: str, new: str) -> None:
    text = text_of(repository / name)
    assert re.search(old, text), f"{old} is not in {name}"
    (repository / name).write_text(re.sub(old, new, text), encoding="utf-8", newline="\n")


def lint_error(repository: Path) -> None:
    path = repository / "tests" / "test_rules.py"
    path.write_text(f"import os\n{text_of(path)}", encoding="utf-8")


def failing_test(repository: Path) -> None:
    text = "def test_the_moon_is_made_of_cheese() -> None:\n    assert 1 + 1 == 3\n"
    (repository / "tests" / "test_moon.py").write_text(text, encoding="utf-8")


def broken_notebook(repository: Path) -> None:
    edit(repository, "notebooks/explore.ipynb", r"read_raw\(project", "read_raw(projekt")


def readme_number(repository: Path) -> None:
    edit(repository, "README.md", r"(ROC AUC .*?)\*\*0\.\d+\*\*", r"\1**0.999**")


def other_data(repository: Path) -> None:
    """Make the record one of other rows, as it is when the source has changed since."""
    (raw,) = re.findall(
        r"path: data/raw\n +hash: md5\n +md5: (\w+)\.dir", text_of(repository / "dvc.lock")
    )[:1]
    edit(repository, "dvc.lock", raw, "0" * 32)
    before = hashlib.md5((repository / "reports" / "data.json").read_bytes()).hexdigest()
    edit(
        repository,
        "reports/data.json",
        r'("2013-02": \{\s+"rows": \d+,\s+"values": )"\w+"',
        r'\1"0"',
    )
    after = hashlib.md5((repository / "reports" / "data.json").read_bytes()).hexdigest()
    edit(repository, "dvc.lock", before, after)


def image_that_does_not_start(repository: Path) -> None:
    edit(repository, "deploy/Dockerfile", '"--host"', '"--hots"')


def image_of_root(repository: Path) -> None:
    edit(repository, "deploy/Dockerfile", "USER 10001:10001", "USER 0:0")


def parameter(repository: Path) -> None:
    edit(repository, "params.yaml", "slice_rows: 200", "slice_rows: 300")


@dataclass(frozen=True)
class Breakage:
    """What is broken, which job must say so, and what the other jobs read."""

    change: Change
    job: str
    says: str
    others_read: tuple[str, ...]
    advises: str = ""


PIPELINE_READS = ("src/", "dvc.", "params.yaml", "contract.yaml", "reports/", "README.md")
CHECK_READS = ("src/", "tests/", "notebooks/", "pyproject.toml", "uv.lock", ".pre-commit")
BREAKAGES = {
    "a lint error": Breakage(
        lint_error, "check", "\n-import os\n", (*PIPELINE_READS, "notebooks/")
    ),
    "a failing test": Breakage(
        failing_test,
        "check",
        "FAILED tests/test_moon.py::test_the_moon_is_made_of_cheese",
        (*PIPELINE_READS, "notebooks/"),
    ),
    "a broken notebook": Breakage(
        broken_notebook, "notebook", "name 'projekt' is not defined", PIPELINE_READS
    ),
    "a README number changed by hand": Breakage(
        readme_number,
        "pipeline",
        "README.md does not show the numbers of the champion's exam (| ROC AUC (higher is better) "
        "| **0.999** |",
        CHECK_READS,
    ),
    "other data than was committed": Breakage(
        other_data, "pipeline", "data/raw is not the committed data (2013-02): ", CHECK_READS
    ),
    "a parameter without a run": Breakage(
        parameter,
        "pipeline",
        f"params.yaml (evaluate.slice_rows) changed after the last run: {RERUN}",
        CHECK_READS,
    ),
    "an image that does not start": Breakage(
        image_that_does_not_start,
        "image",
        "No such option: --hots",
        (*PIPELINE_READS, *CHECK_READS),
        "build and start it at home with the lines of deploy/README.md",
    ),
    "an image that runs as root": Breakage(
        image_of_root, "image", "the container runs as root", (*PIPELINE_READS, *CHECK_READS)
    ),
}
