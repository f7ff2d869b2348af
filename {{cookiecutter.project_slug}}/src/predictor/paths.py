"""Where things lie, seen from the project's folder, in which every command runs."""

from pathlib import Path

PARAMS = Path("params.yaml")
LOCK = Path("dvc.lock")
README = Path("README.md")
RAW = Path("data/raw")
PREPARED = Path("data/prepared")
CANDIDATE = Path("models/candidate")
CHAMPION = Path("models/champion")

REPORTS = Path("reports")
DATA_VERSION = REPORTS / "data.json"
VERDICT = REPORTS / "verdict.json"
CHAMPIONS = REPORTS / "champions.csv"
# `evaluate` writes these to REPORTS; those of the champion are copied to OF_CHAMPION.
SHOWN = EVALUATION, EXAMPLE, CURVES = "evaluation.json", "example.json", "curves.svg"
OF_CHAMPION = REPORTS / "champion"


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step: a process that is killed leaves the old text or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    scratch.write_text(text, encoding="utf-8", newline="\n")
    scratch.replace(path)
