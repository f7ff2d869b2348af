"""The results in the README, written only by `promote` and only between two markers."""

import shutil
from pathlib import Path

from predictor import task
from predictor.bundle import METADATA, Metadata
from predictor.champions import Entry
from predictor.comparison import Evaluation
from predictor.errors import PredictorError
from predictor.paths import CHAMPION_REPORTS, CURVES, EVALUATION, README, SHOWN, write_text
from predictor.rules import Finding

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"


def write_results(folder: Path, entry: Entry) -> None:
    """Write the results of the champion in `folder`, and copy the files that the README shows."""
    metadata = Metadata.model_validate_json((folder / METADATA).read_bytes())
    CHAMPION_REPORTS.mkdir(parents=True, exist_ok=True)
    for name in SHOWN:
        shutil.copyfile(folder / name, CHAMPION_REPORTS / name)
    write_text(README, with_results(results(metadata, read_evaluation(folder), entry)))


def write_refusal(evaluation: Evaluation, findings: list[Finding]) -> None:
    """Write to the README why there is no champion yet."""
    refused = [
        f"- {each.rule}: {each.sentence}. Try this: {each.advice}."
        for each in findings
        if not each.holds
    ]
    lines = ["*No model has passed the gate yet.*", "", *refused, "", *table(evaluation)]
    write_text(README, with_results(lines))


def results(metadata: Metadata, evaluation: Evaluation, entry: Entry) -> list[str]:
    """Return the results of a champion as lines of Markdown."""
    linear = evaluation.difference("linear", task.HEADLINE)
    if linear.low <= 0 <= linear.high:
        meaning = "this test cannot tell which one is better"
    else:
        meaning = "the model is better" if linear.high < 0 else "the model is worse"
    return [
        f"**{evaluation.headline}**",
        "",
        *table(evaluation),
        "",
        f"Compared with the linear model, {meaning}: the difference in `{task.HEADLINE}` is "
        f"{linear.ours - linear.theirs:+,.3g}, and its {linear.confidence:.0%} interval over "
        f"{linear.over} is [{linear.low:+,.3g}, {linear.high:+,.3g}]. The same test rows "
        f"have judged {entry.judged_before} earlier candidates.",
        "",
        f"Model `{metadata.model}`, trained on {metadata.train_rows:,} rows of data version "
        f"`{metadata.data_version}`; written by `predictor promote`.",
        "",
        f"![The model on the test rows]({(CHAMPION_REPORTS / CURVES).as_posix()})",
    ]


def table(evaluation: Evaluation) -> list[str]:
    """Return the metrics of the model and of both baselines as a Markdown table."""
    period = f", {evaluation.first} to {evaluation.last}" if evaluation.first else ""
    models = (evaluation.model, evaluation.linear, evaluation.dummy)
    rows = [
        f"| {title} | {' | '.join(formatted(metrics[name]) for metrics in models)} |"
        for name, title in task.TITLES.items()
    ]
    head = f"| Test: {evaluation.rows:,} rows{period} | Model | Linear | Dummy |"
    return [head, "|---|---:|---:|---:|", *rows]


def formatted(value: float) -> str:
    """Format a metric for the README."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"


def read_evaluation(folder: Path) -> Evaluation:
    """Read the evaluation in a folder of reports or of a champion."""
    return Evaluation.model_validate_json((folder / EVALUATION).read_bytes())


def with_results(lines: list[str]) -> str:
    """Return the README with these lines between the markers."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end or BEGIN in rest or END in before + after:
        raise PredictorError(f"README.md must have {BEGIN} and below it {END}, once each.")
    return "\n".join([f"{before}{BEGIN}", *lines, f"{end}{after}"])
