from pathlib import Path

import pandas as pd
import pytest

from predictor import data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    weather = {column: [1.0, 2.0, 2000.0] for column in data.WEATHER}
    hours = pd.date_range("2013-01-01 05:00", periods=3, freq="h")
    table = pd.DataFrame(weather | {"origin": "JFK", "time_hour": hours})
    table.to_csv(tmp_path / "weather.csv", index=False)
    return tmp_path


def test_weather_may_be_used_three_hours_after_the_end_of_its_hour(folder: Path) -> None:
    weather = data.read_weather(folder)
    assert weather["hour_utc"].dt.hour.tolist() == [9, 10, 11]


def test_an_impossible_wind_speed_becomes_missing(folder: Path) -> None:
    weather = data.read_weather(folder)
    assert weather["wind_speed"].isna().tolist() == [False, False, True]


def test_a_flight_is_late_from_fifteen_minutes_on(tmp_path: Path) -> None:
    table = pd.DataFrame({name: [1, 1, 1] for name in data.FLIGHTS})
    table = table.assign(
        arr_delay=[14, 15, float("nan")], year=2013, month=1, day=2, hour=3, minute=4
    )
    table.assign(time_hour="2013-01-02 08:00").to_csv(tmp_path / "flights.csv.zip", index=False)
    flights = data.read_flights(tmp_path)
    assert flights["is_late"].tolist() == [False, True]
    assert (flights["scheduled_departure"] == pd.Timestamp("2013-01-02 03:04")).all()
