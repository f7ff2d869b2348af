"""The definition of a row: the only description of the data.

`prepare` checks every row with this class, the API takes it as the body of a request, and
`features.py` reads names and types from it.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, NaiveDatetime, WithJsonSchema

TARGET = "is_late"  # 15 or more minutes after the scheduled arrival
Target = bool  # True is the case to act on

TIME = "scheduled_departure"  # orders the rows: the newest are the test set
PERIOD = "%Y-%m"  # one file of raw data for each
BLOCK = "D"  # a frequency of pandas; rows of a day stay together

# The features of a time. Not the month: data of January to March says nothing about April.
CALENDAR = {"scheduled_departure": ("weekday", "minute_of_day")}

# Columns of the data that are not features.
IGNORED = {
    "departure_time": "known only after departure",
    "departure_delay": "known only after departure",
    "arrival_time": "known only after arrival",
    "arrival_delay": "the target is computed from it",
    "air_time": "known only after arrival",
    "flight_number": "identifier",
    "tail_number": "identifier",
}

# JSON Schema's "date-time" needs a UTC offset; a local time has none, so it is a pattern.
_DATE = (
    r"[12]\d{3}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])"
    r"|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
)
_PATTERN = rf"^{_DATE}T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"
LocalTime = Annotated[
    NaiveDatetime,
    Field(strict=False),  # JSON has no times, so text is converted
    WithJsonSchema({"type": "string", "pattern": _PATTERN}),
]


class Flight(BaseModel, extra="forbid", strict=True, allow_inf_nan=False):
    """A flight, as the rebooking desk knows it three hours before departure."""

    scheduled_departure: LocalTime = Field(
        description="Local time of the airport", examples=["2013-03-01T17:30:00"]
    )
    carrier: str = Field(description="Two-character code of the airline", examples=["UA"])
    origin: Literal["EWR", "JFK", "LGA"] = Field(examples=["EWR"])
    destination: str = Field(description="Three-letter code of the airport", examples=["ATL"])
    distance: float = Field(ge=10, le=6000, description="Miles", examples=[746])
    aircraft_built: float | None = Field(None, ge=1950, le=2030, description="Year")
    aircraft_seats: float | None = Field(None, ge=1, le=600)
    # The weather at the airport of departure, three hours before departure.
    temperature: float | None = Field(None, ge=-30, le=120, description="degF")
    dew_point: float | None = Field(None, ge=-40, le=100, description="degF")
    humidity: float | None = Field(None, ge=0, le=100, description="%")
    wind_direction: float | None = Field(None, ge=0, le=360, description="Degrees")
    wind_speed: float | None = Field(None, ge=0, le=150, description="mph")
    wind_gust: float | None = Field(None, ge=0, le=200, description="mph; missing when calm")
    precipitation: float | None = Field(None, ge=0, le=10, description="Inches in an hour")
    pressure: float | None = Field(None, ge=900, le=1080, description="hPa at sea level")
    visibility: float | None = Field(None, ge=0, le=10, description="Miles")


Row = Flight  # its name in the rest of the package
