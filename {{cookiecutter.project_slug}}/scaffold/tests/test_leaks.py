import numpy as np
import pandas as pd

from scaffold.columns import Column
from scaffold.leaks import leaks

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
    assert named(columns, column("y", "number", a + b + 0.1 * RNG.normal(size=N))) == []


def test_a_curve_of_one_column_gives_the_target_away() -> None:
    x = RNG.normal(size=N)
    assert named([column("x", "number", x)], column("y", "number", x**2)) == ["x"]


def test_a_sample_with_a_single_class_has_no_leak() -> None:
    x = column("x", "number", RNG.normal(size=N))
    assert named([x], column("y", "boolean", np.zeros(N, dtype=bool))) == []
