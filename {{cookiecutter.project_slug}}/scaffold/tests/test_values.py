import pandas as pd
import pytest

from scaffold.project import values


@pytest.mark.parametrize("text", ["1.2", "12.3456", "1234.567"])
def test_a_number_whose_separator_does_not_group_thousands_is_refused(text: str) -> None:
    column = pd.Series(["1.234", text], dtype="str")
    with pytest.raises(ValueError, match="does not separate thousands"):
        values.numbers(column, decimal=",", thousands=".")


def test_groups_of_thousands_are_read() -> None:
    texts = ["1.234.567,5 km", "12,25 km", "(1.000 km)"]
    found = values.numbers(pd.Series(texts, dtype="str"), ",", ".", ["km"])
    assert found.tolist() == [1234567.5, 12.25, -1000.0]
    assert values.numbers(pd.Series(["12,34,567"], dtype="str"), thousands=",").tolist() == [
        1234567
    ]


def test_a_third_label_is_refused() -> None:
    column = pd.Series(["yes", "no", None, "maybe"], dtype="str", name="x")
    with pytest.raises(ValueError, match="x has other values than"):
        values.booleans(column, ["yes"], ["no"])
    assert values.booleans(column[:3], ["yes"], ["no"]).tolist() == [True, False, None]
