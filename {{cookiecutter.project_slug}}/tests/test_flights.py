import pandas as pd
import pytest

from predictor.contract import Contract
from predictor.data.validation import violations
from predictor.params import IngestParams
from predictor.project import Project
from predictor.sources import flights


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return flights.read(Project.locate(), IngestParams(source="flights"))


def test_every_flight_that_arrived_is_there(rows: pd.DataFrame) -> None:
    assert len(rows) == 336_776 - 9_430
    assert rows["is_late"].mean() == pytest.approx(0.2447, abs=5e-5)


def test_the_whole_year_keeps_the_contract(rows: pd.DataFrame) -> None:
    assert violations(Contract.read(Project.locate().contract), rows) == []


def test_weather_is_the_one_of_three_hours_before_departure(rows: pd.DataFrame) -> None:
    folder = flights._data_folder()  # noqa: SLF001 (the untouched source is the oracle)
    weather = pd.read_csv(folder / "weather.csv")
    # 18:55 in New York is 23:55 UTC in winter
    observed = weather.query("origin == 'JFK' and time_hour == '2013-01-15T20:00:00Z'")
    is_evening = rows["scheduled_departure"] == pd.Timestamp("2013-01-15 18:55")
    evening = rows[is_evening & (rows["origin"] == "JFK")]
    assert len(evening) > 0
    assert set(evening["temperature"]) == set(observed["temp"])


def test_the_impossible_wind_is_missing(rows: pd.DataFrame) -> None:
    assert rows["wind_speed"].max() < 100
