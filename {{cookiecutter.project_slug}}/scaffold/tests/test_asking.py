from pathlib import Path

import pandas as pd
import pytest

from predictor.errors import PredictorError
from scaffold import adopt, adoption, cli
from scaffold.adoption import Description
from scaffold.choices import Choices, Question, Terminal
from scaffold.columns import Column, propose
from scaffold.reading import Options


class Owner(Terminal):
    """Gives the first answer to every question, and a text to every other one."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def choose(self, question: Question) -> tuple[str, str]:
        self.asked.append(question.text)
        return next(iter(question.answers.values()))

    def write(self, question: str) -> str | None:
        self.asked.append(question)
        return "2:5" if "cost" in question else None


def target_of(values: list[str]) -> Column:
    table = pd.DataFrame({"x": list("abcd") * 5, "y": values * 10}, dtype="str")
    return propose(table, Choices("y", time="none", positive="yes")).target


def test_only_what_no_option_has_said_is_asked() -> None:
    owner = Owner()
    said = adopt.describe(Description(question="Is it?"), target_of(["yes", "no"]), owner)
    assert said == Description(question="Is it?", costs="2:5")
    assert len(owner.asked) == 2


@pytest.mark.parametrize("text", ["60", "60:", "a:b", "60;900", "-1:2"])
def test_costs_that_are_no_two_numbers_are_refused(text: str) -> None:
    with pytest.raises(PredictorError, match="two numbers such as 60:900"):
        adoption.costs(text)
    assert adoption.costs("0.5:12") == (0.5, 12)


def test_the_options_become_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(adopt, "adopt", lambda *found: seen.extend(found))
    options = ["--as", "a=b=number,", "--as", "d=%d/%m", "--keep", "x,y", "--keep", "z", "--yes"]
    arguments = ["adopt", "t.csv", "--target", "y", *options, "--costs", "1:2", "--sheet", "one"]
    cli.app(arguments, result_action="return_value")
    readings = {"a=b": "number,", "d": "%d/%m"}
    choices = Choices("y", readings=readings, keep=frozenset(["x,y", "z"]))
    read, said = Options(sheet="one"), Description(costs="1:2")
    assert seen == [Path("t.csv"), read, choices, said, None]


def test_a_number_chooses_an_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = iter(["", "3", "x", "2"])
    monkeypatch.setattr("builtins.input", lambda _: next(texts))
    question = Question("Which?", {"this": ("--drop", "a"), "that": ("--keep", "a")})
    assert Terminal().choose(question) == ("--keep", "a")
    assert capsys.readouterr().out.count("Enter a number from 1 to 2.") == 3
