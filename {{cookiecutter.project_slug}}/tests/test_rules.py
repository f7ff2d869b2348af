from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from tables import PARAMS

from predictor.gate.exam import Burden, Difference, Exam, Incumbent, Part
from predictor.gate.rules import judge, reason
from predictor.gate.verdict import Finding, Verdict
from predictor.params import Params
from predictor.release import Reign

NOW = datetime(2024, 4, 1, tzinfo=UTC)
LIMITS = Params.model_validate(PARAMS).promote


def difference(
    rival: str, ours: float, theirs: float, wide: float = 0.01, measure: str = "log_loss"
) -> Difference:
    low, high = ours - theirs - wide, ours - theirs + wide
    return Difference(rival, measure, ours, theirs, low, high, confidence=0.95, over="31 days")


def incumbent(loss: float, cost: float = 600) -> Incumbent:
    rival = "champion (version 6)"
    return Incumbent(
        "6",
        loss=difference(rival, 0.4, loss),
        cost=difference(rival, 500, cost, 20, "cost_per_1000"),
        calibration_error=0.02,
        burden=Burden(0.05, 0.4),
    )


def exam(**other: Any) -> Exam:  # noqa: ANN401 (fields of an exam)
    good = Exam(
        version="7",
        limits=LIMITS,
        dummy=difference("dummy baseline", 0.4, 0.6),
        linear=difference("linear baseline", 0.4, 0.5),
        cost=difference("dummy baseline", 500, 700, 20, "cost_per_1000"),
        calibration_error=0.01,
        linear_calibration_error=0.03,
        worst=Part("class = B", 70, 0.61, 0.6),
        slice_rows=50,
        burden=Burden(0.06, 0.5),
        champion=None,
        rolled_back=None,
    )
    return replace(good, **other)


def sentence(rule: str, **other: Any) -> str:  # noqa: ANN401 (fields of an exam)
    (found,) = [each for each in judge(exam(**other), NOW).findings if each.rule == rule]
    return found.sentence


ROLLED_BACK = Reign(version="6", since=NOW, how="rolled back", why="too many alarms")
LINEAR = "linear baseline"


@pytest.mark.parametrize(
    ("other", "broken"),
    [
        ({}, []),
        ({"dummy": difference("dummy baseline", 0.595, 0.6)}, ["better than dummy"]),
        ({"linear": difference(LINEAR, 0.5, 0.5)}, []),
        ({"linear": difference(LINEAR, 0.5000001, 0.5)}, []),
        ({"linear": difference(LINEAR, 0.50001, 0.5)}, ["no worse than linear"]),
        ({"linear": difference(LINEAR, 9e5 + 0.01, 9e5)}, []),
        ({"champion": incumbent(0.45)}, []),
        ({"champion": incumbent(0.4)}, []),
        ({"champion": incumbent(0.39)}, ["no worse than champion"]),
        ({"champion": incumbent(0.45, cost=490)}, []),
        ({"champion": incumbent(0.45, cost=470)}, ["no worse than champion"]),
        ({"champion": Incumbent("6", obstacle="it predicts another target")}, []),
        ({"cost": difference("dummy baseline", 700, 700)}, ["pays"]),
        ({"cost": None}, []),
        ({"calibration_error": 0.2}, []),
        ({"calibration_error": 0.21}, ["calibrated"]),
        ({"worst": Part("class = B", 70, 0.64, 0.6)}, ["no weak part"]),
        ({"worst": None}, []),
        ({"burden": Burden(51, 0.5)}, ["fast"]),
        ({"burden": Burden(0.1, 5.1)}, ["small"]),
        ({"rolled_back": ROLLED_BACK}, ["not rolled back"]),
    ],
)
def test_a_candidate_is_refused_by_the_rule_that_it_breaks(
    other: dict[str, object], broken: list[str]
) -> None:
    verdict = judge(exam(**other), NOW)
    assert [finding.rule for finding in verdict.broken] == broken
    assert verdict.promotes == (not broken)


def test_a_comparison_gives_both_numbers_and_the_interval() -> None:
    assert sentence("better than dummy") == (
        "log_loss 0.4 against 0.6 of the dummy baseline: -0.2 [-0.21, -0.19] (95% interval over "
        "31 days, lower is better)"
    )


def test_the_champion_is_named_with_loss_and_cost() -> None:
    said = sentence("no worse than champion", champion=incumbent(0.45))
    assert "log_loss 0.4 against 0.45 of the champion (version 6): -0.05 " in said
    assert "cost_per_1000 500 against 600 of the champion (version 6): -100 " in said


def test_a_champion_that_cannot_be_compared_is_said_with_the_reason() -> None:
    champion = Incumbent("6", obstacle="it predicts another target")
    assert sentence("no worse than champion", champion=champion) == (
        "no comparison with version 6: it predicts another target"
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("calibrated", "0.01 against the limit 0.2 (linear baseline 0.03, champion 0.02)"),
        ("no weak part", "class = B (70 rows): +1.7%, the limit is +5.0%"),
        ("fast", "one row takes 0.06 ms against the limit of 50 ms (champion 0.05 ms)"),
        ("small", "the bundle has 0.5 MB against the limit of 5 MB (champion 0.4 MB)"),
    ],
)
def test_a_limit_stands_beside_the_number_and_the_champions(rule: str, said: str) -> None:
    assert said in sentence(rule, champion=incumbent(0.45))


def test_a_version_that_was_rolled_back_is_told_what_to_change() -> None:
    assert sentence("not rolled back", rolled_back=ROLLED_BACK) == (
        "version 7 gave way to version 6 on 2024-04-01 (too many alarms): change the data, the "
        "code or params.yaml"
    )


def test_the_verdict_names_candidate_and_champion_of_the_day() -> None:
    verdict = judge(exam(champion=incumbent(0.45)), NOW)
    assert (verdict.candidate, verdict.champion, verdict.judged) == ("7", "6", NOW)
    refused = judge(exam(rolled_back=ROLLED_BACK), NOW)
    assert (verdict.word, refused.word) == ("promote", "refuse")


def test_the_history_says_what_was_beaten() -> None:
    assert reason(exam()) == "log_loss 0.4 against 0.6 of the dummy baseline"
    assert reason(exam(champion=incumbent(0.45))) == (
        "log_loss 0.4 against 0.45 of the champion (version 6)"
    )


def test_a_verdict_that_contradicts_its_findings_is_no_verdict() -> None:
    finding = Finding(rule="fast", holds=False, sentence="")
    with pytest.raises(ValidationError, match="promotes must say whether every finding holds"):
        Verdict(candidate="7", champion=None, judged=NOW, promotes=True, findings=(finding,))
