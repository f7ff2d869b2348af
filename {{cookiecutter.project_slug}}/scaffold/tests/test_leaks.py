import numpy as np
import pandas as pd
import pytest

from scaffold.columns import Column
from scaffold.leaks import leaks

N = 600


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def column(name: str, kind: str, values: object) -> Column:
    return Column(name=name, kind=kind, values=pd.Series(values), code="", why="", description="")  # type: ignore[arg-type]


def named(columns: list[Column], target: Column) -> list[str]:
    return [next(iter(each.answers.values()))[1] for each in leaks(columns, target)]


def test_a_column_that_gives_the_target_away_is_asked_about(rng: np.random.Generator) -> None:
    y = rng.random(N) < 0.3
    told = column("letter_sent", "category", np.where(y, "yes", "no"))
    useful = column("x", "number", y + rng.normal(size=N))
    assert named([useful, told], column("y", "boolean", y)) == ["letter_sent"]


def test_a_sum_of_columns_is_asked_about(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=N), rng.normal(size=N)
    columns = [column("a", "number", a), column("b", "number", b)]
    assert named(columns, column("y", "number", a + b)) == ["a"]
    assert named(columns, column("y", "number", a + b + 0.1 * rng.normal(size=N))) == []


def test_a_curve_of_one_column_gives_the_target_away(rng: np.random.Generator) -> None:
    x = rng.uniform(-1, 1, size=N)
    assert named([column("x", "number", x)], column("y", "number", x**2)) == ["x"]


def test_a_sample_with_a_single_class_has_no_leak(rng: np.random.Generator) -> None:
    x = column("x", "number", rng.normal(size=N))
    assert named([x], column("y", "boolean", np.zeros(N, dtype=bool))) == []
