from pathlib import Path

import pytest

from predictor import report, task
from predictor.bundle import Bundle
from predictor.champions import Entry
from predictor.comparison import Difference
from predictor.errors import PredictorError
from predictor.paths import CHAMPION, README
from predictor.report import BEGIN, END

ENTRY = Entry("3", "promoted", "better", "7", "d1", "{}", "r1")


def lines(promoted: Path, low: float, high: float) -> str:
    evaluation, metadata = report.read_evaluation(CHAMPION), Bundle.load(CHAMPION).metadata
    found = Difference("linear", task.HEADLINE, 590, 600, low, high, 0.95, "31 days")
    changed = evaluation.model_copy(update={"differences": [found]})
    return "\n".join(report.results(metadata, changed, ENTRY))


@pytest.mark.parametrize(
    ("low", "high", "meaning"),
    [
        (-20, -1, "the model is better"),
        (1, 20, "the model is worse"),
        (-20, 1, "this test cannot tell which one is better"),
    ],
)
def test_the_difference_to_the_linear_baseline_is_put_into_words(
    promoted: Path, low: float, high: float, meaning: str
) -> None:
    text = lines(promoted, low, high)
    assert f"Compared with the linear model, {meaning}: the difference" in text
    assert "have judged 7 earlier candidates" in text
    assert f"is -10, and its 95% interval over 31 days is [{low:+}, {high:+}]" in text


def test_every_metric_is_in_the_table(promoted: Path) -> None:
    evaluation = report.read_evaluation(CHAMPION)
    for name, title in task.TITLES.items():
        shown = [
            report.formatted(getattr(evaluation, who)[name]) for who in ("model", "linear", "dummy")
        ]
        assert f"| {title} | {' | '.join(shown)} |" in report.table(evaluation)


def test_only_what_is_between_the_markers_changes(project: Path) -> None:
    README.write_text(f"before {BEGIN}old{END} after")
    assert report.with_results(["new"]) == f"before {BEGIN}\nnew\n{END} after"


@pytest.mark.parametrize(
    "text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{END}{END}", f"{BEGIN}" * 2 + END]
)
def test_a_readme_without_valid_markers_is_rejected(project: Path, text: str) -> None:
    README.write_text(text)
    with pytest.raises(PredictorError, match="once each"):
        report.with_results([])
