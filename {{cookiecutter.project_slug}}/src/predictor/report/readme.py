"""The numbers of the README: only a run writes them, and only between these markers."""

import json
import shutil
from pathlib import Path

from pydantic import ValidationError

from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.evaluation.report import Evaluation
from predictor.files import replacing_folder, write_json, write_text
from predictor.project import Project
from predictor.release import CURVES, EXAMPLE, Champion
from predictor.serve.answer import answer
from predictor.serve.schema import row_model, to_columns

TITLES = {
    "roc_auc": "ROC AUC (higher is better)",
    "average_precision": "Average precision (higher)",
    "macro_f1": "Macro F1 (higher is better)",
    "accuracy": "Accuracy (higher)",
    "mae": "Mean absolute error (lower is better)",
    "rmse": "Root mean squared error (lower)",
    "r2": "R2 (higher)",
    "brier": "Brier score (lower)",
    "log_loss": "Log loss (lower)",
    "calibration_error": "Calibration error (lower)",
    "cost_per_1000": "Cost per 1,000 decisions (lower)",
}


def render(project: Project, champion: Champion, example: Path) -> str:
    """Return the README with the champion's results and its answer to the row in `example`.

    Raises:
        PredictorError: it does not have each marker once and in order, or the example is not a
            row of the contract.
    """
    text = replace_block(_read(project), "results", results(champion))
    return replace_block(text, "answer", example_answer(champion, example))


def show(project: Project, champion: Champion) -> None:
    """Write what the README says of a released champion, and the files that it shows."""
    text = render(project, champion, champion.example)
    with replacing_folder(project.shown) as folder:
        shutil.copyfile(champion.example, folder / EXAMPLE)
        shutil.copyfile(champion.curves, folder / CURVES)
        write_json(folder / "evaluation.json", champion.release.evaluation.model_dump(mode="json"))
    write_text(project.readme, text)


def require_markers(project: Project) -> None:
    """Do nothing if the README has a place for every block.

    Raises:
        PredictorError: a marker is missing, stands twice, or they are in the wrong order.
    """
    text = _read(project)
    for name in ("results", "answer"):
        replace_block(text, name, "")


def _read(project: Project) -> str:
    try:
        return project.readme.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PredictorError(f"README.md cannot be read as UTF-8 text: {error}.") from error


def replace_block(text: str, name: str, block: str) -> str:
    """Return `text` with `block` between `<!-- name:begin -->` and `<!-- name:end -->`.

    Raises:
        PredictorError: a marker is missing, stands twice, or they are in the wrong order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(end) < text.index(begin):
        raise PredictorError(
            f"README.md must have {begin} and below it {end}, once each: put them where the "
            f"{name} belongs, and run `uv run predictor promote` again."
        )
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    return f"{before}{begin}\n{block}\n{end}{after}"


def block(text: str, name: str) -> str:
    """Return what stands between the two markers, or nothing if they are not there."""
    return text.partition(f"<!-- {name}:begin -->")[2].partition(f"<!-- {name}:end -->")[0].strip()


def example_answer(champion: Champion, example: Path) -> str:
    """Return what `/predict` answers to the row in `example`, as a code block."""
    contract = champion.bundle.contract
    row_type = row_model(contract, champion.bundle.statistics.typical())
    try:
        row = row_type.model_validate_json(example.read_bytes())
    except (OSError, ValidationError) as error:
        raise PredictorError(
            f"{example.parent.name}/{example.name} is not a row of the contract: run `uv run dvc "
            f"repro --force evaluate` ({error})."
        ) from error
    said = answer(champion, to_columns(contract, [row]))
    shown = said.model_dump(exclude={"request_id"})
    return f"```json\n{json.dumps(shown, separators=(',', ':'))}\n```"


def results(champion: Champion) -> str:
    """Return the block as Markdown."""
    release, bundle = champion.release, champion.bundle
    return "\n".join(
        [
            *numbers(bundle.contract, release.evaluation),
            "",
            f"Version {release.version} (`{bundle.metadata.model}`), promoted "
            f"{release.promoted:%Y-%m-%d}; {_unit(bundle.contract)}"
            f"trained by commit `{bundle.metadata.git_commit}` on "
            f"{bundle.metadata.train_rows:,} rows of data `{bundle.metadata.data_version}`. "
            "Written by `predictor promote`.",
            "",
            "![The curves of the champion on the test rows](reports/champion/curves.png)",
        ]
    )


def numbers(contract: Contract, exam: Evaluation) -> list[str]:
    """Return the lines that hold a measured number: the headline and the table."""
    period = f", {exam.first} to {exam.last}" if exam.first else ""
    return [
        f"**{headline(contract, exam)}**",
        "",
        f"| Test: {exam.rows:,} rows{period} | Model | Linear | Dummy |",
        "|---|---:|---:|---:|",
        *(
            f"| {title} | **{shown(exam.model[name])}** | {shown(exam.linear[name])} "
            f"| {shown(exam.dummy[name])} |"
            for name, title in TITLES.items()
            if name in exam.model
        ),
    ]


def headline(contract: Contract, exam: Evaluation) -> str:
    """Return in one sentence what the model is worth, against doing without it."""
    if contract.costs:
        ours, theirs = exam.model["cost_per_1000"], exam.dummy["cost_per_1000"]
        return (
            f"1,000 decisions cost {shown(ours)} {contract.costs.unit} with the model and "
            f"{shown(theirs)} without one ({ours / theirs - 1:+.0%})."
        )
    if contract.task == "multiclass":
        ours, theirs = exam.model["accuracy"], exam.dummy["accuracy"]
        return (
            f"{ours:.0%} of the rows get the right class; the most frequent is right in "
            f"{theirs:.0%}."
        )
    ours, theirs = exam.model["mae"], exam.dummy["mae"]
    unit = f" {contract.target.unit}" if contract.target.unit else ""
    return (
        f"The answer is off by {shown(ours)}{unit} on average; the mean is off by "
        f"{shown(theirs)}{unit} ({ours / theirs - 1:+.0%})."
    )


def _unit(contract: Contract) -> str:
    if contract.costs:
        return f"costs in {contract.costs.unit}; "
    return f"errors in {contract.target.unit}; " if contract.target.unit else ""


def shown(value: float) -> str:
    """Return a metric as a reader wants it."""
    return f"{value:.3f}" if value < 10 else f"{value:,.0f}"
