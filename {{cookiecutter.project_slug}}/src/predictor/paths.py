"""Paths relative to the project's folder, in which every command runs."""

from pathlib import Path

PARAMS = Path("params.yaml")
LOCK = Path("dvc.lock")
README = Path("README.md")
CARD = Path("MODEL_CARD.md")
RAW = Path("data/raw")
PREPARED = Path("data/prepared")
CANDIDATE = Path("models/candidate")
CHAMPION = Path("models/champion")

REPORTS = Path("reports")
DATA_VERSION = REPORTS / "data.json"
VERDICT = REPORTS / "verdict.json"
CHAMPIONS = REPORTS / "champions.csv"
# `evaluate` writes these to REPORTS; those of the champion are copied to CHAMPION_REPORTS.
SHOWN = EVALUATION, EXAMPLE, CURVES = "evaluation.json", "example.json", "curves.svg"
CHAMPION_REPORTS = REPORTS / "champion"


def write_text(path: Path, text: str) -> None:
    """Replace a file atomically: if the process is killed, the file has the old or the new text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    scratch.write_text(text, encoding="utf-8", newline="\n")
    scratch.replace(path)
