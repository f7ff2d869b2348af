from pathlib import Path

import pytest

from predictor import report, task
from predictor.bundle import Bundle, Metadata
from predictor.champions import Entry
from predictor.comparison import Difference, Evaluation, Slice
from predictor.errors import PredictorError
from predictor.paths import CARD, CHAMPION, README
from predictor.report import BEGIN, END

ENTRY = Entry("3", "promoted", "better", "7", "d1", "r1", "2026-01-01 12:00")


@pytest.fixture
def measured(promoted: Path) -> tuple[Metadata, Evaluation]:
    return Bundle.load(CHAMPION).metadata, report.read_evaluation(CHAMPION)


@pytest.mark.parametrize(
    ("low", "high", "meaning"),
    [(-20, -1, "the model is better"), (1, 20, "the model is worse"), (-20, 1, "cannot tell")],
)
def test_the_difference_to_the_linear_baseline_is_put_into_words(
    measured: tuple[Metadata, Evaluation], low: float, high: float, meaning: str
) -> None:
    metadata, evaluation = measured[0].model_copy(update={"model": "another"}), measured[1]
    found = Difference("linear", task.HEADLINE, 590, 600, low, high, 0.95, "31 days")
    dummy = Difference("dummy", task.HEADLINE, 590, 700, -130, -90, 0.95, "31 days")
    changed = evaluation.model_copy(update={"differences": [found, dummy, *evaluation.differences]})
    text = report.results(metadata, changed, ENTRY)[README]
    assert meaning in text.partition("Compared with the linear model, ")[2].partition(":")[0]
    assert "over 31 days is [-130, -90]. 7 other candidates were judged on" in text
    assert f"is -10, and its 95% interval over 31 days is [{low:+}, {high:+}]" in text


def test_every_metric_is_in_the_table(measured: tuple[Metadata, Evaluation]) -> None:
    sizes = dict.fromkeys(task.TITLES, 1234.5) | {task.LOSS: 0.1234}
    changed = measured[1].model_copy(update={"model": sizes, "linear": sizes, "dummy": sizes})
    text = report.render("table.jinja", evaluation=changed, others={"Old": {}})
    for name, title in task.TITLES.items():
        cell = "0.123" if name == task.LOSS else "1,234"
        assert f"| {title} | {cell} | {cell} | {cell} | - |" in text


def test_the_card_names_the_worst_slice(measured: tuple[Metadata, Evaluation]) -> None:
    metadata, evaluation = measured
    worst = Slice("colour", "red|blue", 1234, {task.LOSS: 0.7}, {task.LOSS: 0.5}, 0.4)
    changed = evaluation.model_copy(update={"slices": [worst]})
    card = report.results(metadata, changed, ENTRY)[CARD]
    assert "| `colour` is red\\|blue | 1,234 | 0.700 | 0.500 | +40.0% |" in card
    assert "In 1 of them, the model is no better than the dummy" in card
    assert metadata.training in card


def test_only_what_is_between_the_markers_changes(project: Path) -> None:
    README.write_text(f"before {BEGIN}old{END} after")
    report.write(dict.fromkeys(report.documents(), "new"))
    assert README.read_text() == f"before {BEGIN}\nnew\n{END} after"
    assert CARD.read_text() == "new\n"


@pytest.mark.parametrize(
    "text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{END}{END}", f"{BEGIN}" * 2 + END]
)
def test_a_readme_without_valid_markers_is_rejected(project: Path, text: str) -> None:
    README.write_text(text)
    with pytest.raises(PredictorError, match="once each"):
        report.documents()
