import re
from datetime import datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from predictor.features import CALENDAR_PARTS, TIMES
from predictor.schema import CALENDAR, IGNORED, TARGET, TIME, LocalTime, Row

PATTERN = re.compile(TypeAdapter(LocalTime).json_schema()["pattern"])


def test_every_example_is_valid() -> None:
    examples = {name: each.examples[0] for name, each in Row.model_fields.items() if each.examples}
    assert Row.model_validate(examples, by_name=True)


def test_each_column_has_one_role() -> None:
    fields = {field.alias or name for name, field in Row.model_fields.items()}
    assert not fields & IGNORED.keys()
    assert TARGET not in fields | IGNORED.keys()
    assert TIME not in IGNORED


def test_each_time_has_calendar_parts_that_exist() -> None:
    assert CALENDAR.keys() == set(TIMES)
    assert {part for parts in CALENDAR.values() for part in parts} <= CALENDAR_PARTS.keys()


def test_the_pattern_of_a_time_allows_every_day_but_a_leap_day() -> None:
    days = [datetime(2023, 1, 1) + timedelta(days=day) for day in range(365)]
    assert all(PATTERN.fullmatch(day.isoformat()) for day in days)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2013-02-30T10:00",
        "2013-04-31T10:00",
        "2013-13-01T10:00",
        "2013-01-01T24:00",
        "2013-01-01T10:00Z",
        "2013-01-01T10:00+02:00",
    ],
)
def test_the_pattern_matches_no_time_that_the_service_rejects(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(LocalTime).validate_python(text)
    assert not PATTERN.fullmatch(text)
