import pandas as pd
import pytest

from predictor.adopt.selection import exam_months


def moments(*rows_per_month: int) -> pd.Series:
    months = pd.date_range("2024-01-15", periods=len(rows_per_month), freq="MS")
    return pd.Series(months.repeat(rows_per_month)).sample(frac=1, random_state=0)


@pytest.mark.parametrize(
    ("rows_per_month", "months"),
    [
        ((1000, 1000, 600), 1),
        ((1000, 1000, 1000, 400), 2),
        ((64,) * 28, 6),
        ((10,) * 12, 3),
        ((500, 0, 0, 100, 10, 10), 2),
        ((900, 10), 1),
        ((900,), 1),
    ],
    ids=["one is enough", "two", "a fifth", "small", "gaps", "half at most", "one month"],
)
def test_the_exam_has_enough_rows_and_leaves_half_of_the_months(
    rows_per_month: tuple[int, ...], months: int
) -> None:
    assert exam_months(moments(*rows_per_month)) == months
