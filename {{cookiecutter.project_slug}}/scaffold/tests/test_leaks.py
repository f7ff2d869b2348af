import numpy as np
import pandas as pd

from scaffold.columns import Column
from scaffold.leaks import leaks, repeated_columns

RNG = np.random.default_rng(0)
N = 600


def column(name: str, kind: str, values: object) -> Column:
    return Column(name=name, kind=kind, values=pd.Series(values), code="", why="", description="")  # type: ignore[arg-type]


def named(columns: list[Column], target: Column) -> list[str]:
    return [next(iter(each.answers.values()))[1] for each in leaks(columns, target)]


def test_a_column_that_gives_the_target_away_is_asked_about() -> None:
    y = RNG.random(N) < 0.3
    told = column("letter_sent", "category", np.where(y, "yes", "no"))
    useful = column("x", "number", y + RNG.normal(size=N))
    assert named([useful, told], column("y", "boolean", y)) == ["letter_sent"]


def test_a_sum_of_columns_is_asked_about() -> None:
    a, b = RNG.normal(size=N), RNG.normal(size=N)
    columns = [column("a", "number", a), column("b", "number", b)]
    assert named(columns, column("y", "number", a + b)) == ["a"]
    assert named(columns, column("y", "number", a + b + RNG.normal(size=N))) == []


def test_the_second_of_two_equal_columns_is_named_with_the_first() -> None:
    x = RNG.normal(size=N)
    columns = [column("a", "number", x), column("b", "number", -x), column("c", "number", x)]
    assert repeated_columns(columns) == {"c": "a"}
