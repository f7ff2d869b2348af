"""The documents with results, from `templates/`; only `promote` writes them.

A template has the path of its document. It replaces the text between two markers, or the card.
"""

import shutil
import tomllib
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from predictor import schema, task
from predictor.bundle import METADATA, Metadata
from predictor.champions import Entry
from predictor.comparison import Evaluation
from predictor.errors import PredictorError
from predictor.paths import CARD, CHAMPION_REPORTS, CURVES, EVALUATION, SHOWN, write_text

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
TEMPLATES = Environment(  # noqa: S701 (no HTML)
    loader=PackageLoader("predictor"), trim_blocks=True, undefined=StrictUndefined
)


def write_results(folder: Path, entry: Entry) -> None:
    """Write the results of the champion in `folder`, and copy the files that they show."""
    metadata = Metadata.model_validate_json((folder / METADATA).read_bytes())
    CHAMPION_REPORTS.mkdir(parents=True, exist_ok=True)
    for name in SHOWN:
        shutil.copyfile(folder / name, CHAMPION_REPORTS / name)
    write(results(metadata, read_evaluation(folder), entry))


def results(metadata: Metadata, evaluation: Evaluation, entry: Entry) -> dict[Path, str]:
    """Return what each document says of a champion, as Markdown."""
    values = {"metadata": metadata, "evaluation": evaluation, "entry": entry}
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {path: render(f"{path.as_posix()}.jinja", **values, **project) for path in documents()}


def render(template: str, **values: Any) -> str:  # noqa: ANN401
    """Return a template of `templates/` with these values."""
    values |= {"task": task, "ignored": schema.IGNORED, "curves": CHAMPION_REPORTS / CURVES}
    return TEMPLATES.get_template(template).render(values)


def read_evaluation(folder: Path) -> Evaluation:
    """Read the evaluation in a folder of reports or of a champion."""
    return Evaluation.model_validate_json((folder / EVALUATION).read_bytes())


def write(texts: dict[Path, str]) -> None:
    """Write the texts into their documents."""
    for path, (before, _, after) in documents().items():
        write_text(path, f"{before}{texts[path]}\n{after}")


def documents() -> dict[Path, tuple[str, str, str]]:
    """Return what is before, between and after the markers of each document that exists."""
    paths = [Path(name).with_suffix("") for name in TEMPLATES.list_templates()]
    return {path: split(path) for path in paths if path.suffix and path.exists()}


def split(path: Path) -> tuple[str, str, str]:
    """Return what is before, between and after the markers of a document."""
    text = path.read_text(encoding="utf-8")
    if path == CARD:
        return "", text, ""
    before, _, rest = text.partition(BEGIN)
    between, end, after = rest.partition(END)
    if not end or BEGIN in rest or END in before + after:
        raise PredictorError(f"{path} must have {BEGIN} and below it {END}, once each.")
    return f"{before}{BEGIN}\n", between, f"{END}{after}"
