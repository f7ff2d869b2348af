from pathlib import Path

import pandas as pd
import pytest

from predictor.errors import PredictorError
from scaffold import adopt, adoption, cli
from scaffold.adoption import Description
from scaffold.choices import Choices, Question, Terminal
from scaffold.columns import Column, propose
from scaffold.delimited import Options


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


def target_of(values: list[str], positive: str | None = None) -> Column:
    table = pd.DataFrame({"x": list("abcd") * 5, "y": (values * 10)[:20]}, dtype="str")
    return propose(table, Choices("y", time="none", positive=positive)).target


def test_only_what_no_option_has_said_is_asked() -> None:
    owner = Owner()
    said = adopt.describe(Description(question="Is it?"), target_of(["yes", "no"], "yes"), owner)
    assert said == Description(question="Is it?", costs="2:5")
    assert len(owner.asked) == 2
    amounts = target_of([str(number) for number in range(20)])
    assert adopt.describe(Description(), amounts, owner) == Description()


@pytest.mark.parametrize("text", ["60", "60:", "a:b", "60;900", "-1:2"])
def test_costs_that_are_no_two_numbers_are_refused(text: str) -> None:
    with pytest.raises(PredictorError, match="two numbers such as 60:900"):
        adoption.costs(text)
    assert adoption.costs("0.5:12") == (0.5, 12)


def test_the_options_become_decisions() -> None:
    options = ["--as", "a=b=number,", "--as", "d=%d/%m", "--keep", "x,y", "--keep", "z", "--yes"]
    arguments = ["adopt", "t.csv", "--target", "y", *options, "--costs", "1:2", "--sheet", "one"]
    _, bound, _ = cli.app.parse_args(arguments)
    readings = {"a=b": "number,", "d": "%d/%m"}
    choices = Choices("y", readings=readings, keep=frozenset(["x,y", "z"]))
    assert bound.arguments == {
        "table": Path("t.csv"),
        "choices": choices,
        "described": Description(costs="1:2"),
        "options": Options(sheet="one"),
        "yes": True,
    }


def test_a_number_chooses_an_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = iter(["", "0", "3", "x", "2", " ", " Is it? "])
    monkeypatch.setattr("builtins.input", lambda _: next(texts))
    question = Question("Which?", {"this": ("--drop", "a"), "that": ("--keep", "a")})
    assert Terminal().choose(question) == ("--keep", "a")
    assert capsys.readouterr().out.count("Enter a number from 1 to 2.") == 4
    assert [Terminal().write("What?"), Terminal().write("What?")] == [None, "Is it?"]


def test_each_answer_becomes_one_more_choice() -> None:
    answers = [("--as", "a=b=number,"), ("--as", "c=category"), ("--keep", "k"), ("--keep", "l")]
    answers += [("--min-class-rows", "4"), ("--drop-unlabelled", ""), ("--time", "none")]
    choices = Choices("y")
    for answer in answers:
        choices = choices.adding(*answer)
    assert choices == Choices(
        "y",
        time="none",
        readings={"a=b": "number,", "c": "category"},
        keep=frozenset("kl"),
        drop_unlabelled=True,
        min_class_rows=4,
    )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["a", "b", "c"] * 4, "only 3 are different, so equal rows are independent"),
        ([*map(str, range(60)), *map(str, range(40))], "40 rows repeat another one or its entity"),
    ],
)
def test_rows_that_repeat_are_counted(values: list[str], says: str) -> None:
    repeats = 100 // len(values)
    table = pd.DataFrame(
        {"x": values * repeats, "z": "a", "y": ["0", "1"] * (len(values) * repeats // 2)},
        dtype="str",
    )
    proposal = propose(table, Choices("y", time="none", keep=frozenset("xz")))
    assert says in adopt.describe_split(None, proposal.columns, proposal.target)


def test_memory_that_is_not_free_is_not_used() -> None:
    adopt.require_memory(1000, "the table")
    with pytest.raises(PredictorError, match=r"To work with the table would take 1,000,000\.0 GB"):
        adopt.require_memory(10**15, "the table")
