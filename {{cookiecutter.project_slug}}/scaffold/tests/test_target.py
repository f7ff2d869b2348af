import pandas as pd
import pytest

from predictor.errors import PredictorError
from scaffold.choices import Choices
from scaffold.columns import propose, urge_costs
from scaffold.tests.test_columns import options, proposed


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        (["died", "alive"], [("--positive", "died"), ("--positive", "alive")]),
        (["1", "2"], [("--positive", "1"), ("--positive", "2")]),
        (["yes", "no"], []),
        ([0, 1, 1], []),
        (["0", "1", "2"], []),
        (
            ["1.5", "2.5", "3.5", "4.5", "5.5", "bad"],
            [("--missing", "bad"), ("--as", "t=category"), ("--drop-unlabelled", "")],
        ),
        (["3", "4", "5"], [("--as", "t=number"), ("--as", "t=category")]),
        (["1.234", "5.678", "9.123"], [("--as", "t=number"), ("--as", "t=number,")]),
        (["yes", "no", "?"], [("--drop-unlabelled", "")]),
        (["none", "a", "b"], []),
        (["a", "b", "c", "unknown"], [("--drop-unlabelled", "")]),
        ([*"abc" * 12, "d"], [("--drop-class", "d"), ("--min-class-rows", "1")]),
    ],
)
def test_a_target_in_doubt_is_asked(texts: list[object], answers: list[tuple[str, str]]) -> None:
    proposal = proposed(Choices("t"), t=texts)
    assert options(proposal) == answers
    if answers and answers[0][0] != "--missing":
        assert not proposed(Choices("t").adding(*answers[0]), t=texts).questions


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["1"], "1 different values"),
        ([f"name {i}" for i in range(60)], "at most 50 classes"),
        (["2024-01-01", "2024-01-02"], "is a time"),
        (["1", "1e39", *map(str, range(20))], "infinite"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(texts: list[str], message: str) -> None:
    table = pd.DataFrame({"t": texts * 3, "x": range(len(texts) * 3)}).astype("str")
    with pytest.raises(PredictorError, match=message):
        propose(table, Choices("t"))


def test_a_price_in_pounds_can_be_the_target() -> None:
    target = proposed(Choices("t"), t=[f"£{i:,}" for i in range(900, 1300, 20)]).target
    assert (target.kind, target.values[0], target.description) == ("integer", 900, "£")


@pytest.mark.parametrize(
    ("labels", "positive", "true"),
    [
        (["died", "alive", "alive"], "alive", "alive"),
        (["yes", "no", "YES"], "no", "no"),
        (["yes", "no"], "yes", "yes"),
        ([True, False, False], "False", False),
        ([1, 2, 2], "2", 2),
        (["3", "4", "4"], "3", "3"),
    ],
)
def test_the_positive_label_is_true(labels: list[object], positive: str, true: object) -> None:
    target = proposed(Choices("t", positive=positive), t=labels).target
    assert target.values.head(len(labels)).tolist() == [label == true for label in labels]


def test_a_target_is_read_as_the_option_says() -> None:
    assert proposed(Choices("t", readings={"t": "category"}), t=["3", "4", "5"]).target.names
    assert proposed(Choices("t", readings={"t": "number"}), t=["0", "1", "2"]).target.high == 3
    assert proposed(Choices("t", readings={"t": "number"}), t=["1", "2"]).target.kind == "integer"


def test_costs_are_urged_when_few_rows_are_positive() -> None:
    rare = proposed(Choices("t", positive="a"), t=["a", *"b" * 39]).target
    assert urge_costs(rare).startswith("Only 1 of 40 rows are True: without --costs")
    assert not urge_costs(proposed(Choices("t", positive="a"), t=[*"abbb"]).target)
    assert not urge_costs(proposed(Choices("t"), t=["0", "1", "2"]).target)


def test_a_class_that_is_dropped_is_left_out() -> None:
    proposal = proposed(Choices("t", drop_class=frozenset("c")), t=["yes", "no", "c"])
    assert proposal.where == "~table['t'].isin(['c'])"
    assert (proposal.target.kind, len(proposal.target.values)) == ("boolean", 27)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (Choices("yy"), "did you mean 'y'"),
        (Choices("y", time="x"), "not a time in every row"),
        (Choices("y", readings={"x": "number"}), "--as x=number"),
        (Choices("y", positive="maybe"), "one of two labels"),
    ],
)
def test_wrong_options_are_refused(choices: Choices, message: str) -> None:
    with pytest.raises(PredictorError, match=message):
        proposed(choices, x=["a", "b"])


def test_every_class_of_the_target_is_named() -> None:
    texts = [f"c{i:02}" for i in range(20)]
    choices = Choices("t", min_class_rows=2)
    assert proposed(choices, t=texts).target.names == tuple(texts)
