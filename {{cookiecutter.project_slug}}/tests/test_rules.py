from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from predictor import champions, rules, task
from predictor.bundle import Bundle
from predictor.champions import PROMOTED, ROLLED_BACK, Entry
from predictor.comparison import Difference
from predictor.paths import CANDIDATE, REPORTS
from predictor.report import read_evaluation
from predictor.rules import Exam


def difference(rival: str, ours: float, low: float, high: float) -> Difference:
    return Difference(rival, task.LOSS, ours, 0.5, low, high, 0.95, "31 days")


@pytest.fixture
def exam(promoted: Path) -> Exam:
    return Exam(
        Bundle.load(CANDIDATE), "r1", read_evaluation(REPORTS), pd.DataFrame(), "no champion"
    )


def compared(exam: Exam, found: Difference) -> Exam:
    return replace(exam, evaluation=exam.evaluation.model_copy(update={"differences": [found]}))


@pytest.mark.parametrize(
    ("low", "high", "holds"), [(-0.2, -0.1, True), (-0.2, 0.0, False), (-0.2, 0.1, False)]
)
def test_better_than_dummy_requires_a_significant_difference(
    exam: Exam, low: float, high: float, holds: bool
) -> None:
    exam = compared(exam, difference("dummy", 0.4, low, high))
    found, limits = rules.better_than_dummy(exam), f"[{low:+.3g}, {high:+.3g}]"
    said = f"0.4 against 0.5 for dummy, difference -0.1 {limits} (95% interval over 31 days)"
    assert (found.holds, found.sentence) == (holds, f"{task.LOSS} {said}")
    exam.evaluation.model[task.HEADLINE] = exam.evaluation.dummy[task.HEADLINE]
    assert "; each decision is that of the dummy" in rules.better_than_dummy(exam).sentence


@pytest.mark.parametrize(
    ("ours", "holds"), [(0.4, True), (0.5, True), (0.502, True), (0.503, False)]
)
def test_not_worse_allows_the_tolerance(exam: Exam, ours: float, holds: bool) -> None:
    found = difference("linear", ours, -1, 1)
    assert rules.not_worse_than_linear(compared(exam, found)).holds is holds
    assert rules.not_worse_than_champion(replace(exam, champion=found)).holds is holds


def test_without_a_champion_the_champion_rule_holds(exam: Exam) -> None:
    found = rules.not_worse_than_champion(exam)
    assert (found.holds, found.sentence) == (True, "no champion")


def test_a_refusal_says_what_to_try(exam: Exam) -> None:
    found = rules.not_worse_than_linear(compared(exam, difference("linear", 0.6, 0, 1)))
    assert str(found).startswith("  NO  not worse than linear: ")
    assert "try this: set train.model in params.yaml" in str(found)


def test_a_rolled_back_model_is_rejected_until_it_is_promoted_again(exam: Exam) -> None:
    entry = Entry("7", PROMOTED, "better", "0", "d1", "r1")
    champions.append(entry)
    assert rules.not_rolled_back(exam).holds
    champions.append(entry._replace(action=ROLLED_BACK, why="wrong on holidays"))
    found = rules.not_rolled_back(exam)
    assert not found.holds
    assert "wrong on holidays" in found.sentence
    assert rules.not_rolled_back(replace(exam, recipe="r2")).holds
    champions.append(entry)
    assert rules.not_rolled_back(exam).holds
