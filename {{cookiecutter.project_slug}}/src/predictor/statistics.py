"""What the training rows look like, column by column: the reference of the bundle."""

from pydantic import Field

from predictor.documents import Document


class NumberStatistics(Document):
    """A number; `quantiles` are the 0, 10, ... 100 % points, low to high."""

    missing: float = Field(ge=0, le=1, description="share of rows without a value")
    mean: float | None
    quantiles: tuple[float, ...]


class BooleanStatistics(Document):
    """True or false; `true` is the share of the rows with a value that say true."""

    missing: float = Field(ge=0, le=1, description="share of rows without a value")
    true: float | None


class CategoryStatistics(Document):
    """A name; `shares` are those of the most frequent names, falling, of the rows with a name."""

    missing: float = Field(ge=0, le=1, description="share of rows without a value")
    distinct: int
    shares: dict[str, float]


class TimestampStatistics(Document):
    """The first, the middle and the last moment, as ISO 8601 without offset."""

    missing: float = Field(ge=0, le=1, description="share of rows without a value")
    first: str | None
    median: str | None
    last: str | None


ColumnStatistics = NumberStatistics | BooleanStatistics | CategoryStatistics | TimestampStatistics


class Statistics(Document):
    """The training rows, column by column."""

    rows: int
    columns: dict[str, ColumnStatistics]

    def typical(self) -> dict[str, float | bool | str | None]:
        """Return one row of middle or most frequent values: an example for every form."""
        return {name: _typical(column) for name, column in self.columns.items()}


def _typical(column: ColumnStatistics) -> float | bool | str | None:
    match column:
        case NumberStatistics(quantiles=quantiles):
            return quantiles[len(quantiles) // 2] if quantiles else None
        case BooleanStatistics(true=share):
            return None if share is None else share >= 0.5
        case CategoryStatistics(shares=shares):
            return next(iter(shares), None)
        case TimestampStatistics(median=median):
            return median
