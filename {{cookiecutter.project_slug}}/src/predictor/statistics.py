"""What the training rows look like, column by column: the reference of the bundle."""

import pandas as pd
from pydantic import Field

from predictor.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    Contract,
    NumberColumn,
    TimestampColumn,
)
from predictor.documents import Document

QUANTILES = tuple(step / 10 for step in range(11))
MOST_NAMES = 50


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


def describe(contract: Contract, frame: pd.DataFrame) -> Statistics:
    """Describe the features of `frame`."""
    return Statistics(
        rows=len(frame),
        columns={name: _describe(column, frame[name]) for name, column in contract.columns.items()},
    )


def _describe(column: Column, values: pd.Series) -> ColumnStatistics:
    match column:
        case CategoryColumn():
            return _describe_category(values)
        case TimestampColumn():
            return _describe_timestamp(values)
        case NumberColumn():
            return _describe_number(values)
        case BooleanColumn():
            return _describe_boolean(values)


def _describe_number(values: pd.Series) -> NumberStatistics:
    known = values.dropna().astype(float)
    return NumberStatistics(
        missing=float(values.isna().mean()),
        mean=float(known.mean()) if len(known) else None,
        quantiles=tuple(known.quantile(list(QUANTILES))) if len(known) else (),
    )


def _describe_boolean(values: pd.Series) -> BooleanStatistics:
    known = values.dropna().astype(bool)
    return BooleanStatistics(
        missing=float(values.isna().mean()), true=float(known.mean()) if len(known) else None
    )


def _describe_category(values: pd.Series) -> CategoryStatistics:
    shares = values.dropna().astype(str).value_counts(normalize=True)
    return CategoryStatistics(
        missing=float(values.isna().mean()),
        distinct=len(shares),
        shares={str(name): float(share) for name, share in shares.head(MOST_NAMES).items()},
    )


def _describe_timestamp(values: pd.Series) -> TimestampStatistics:
    known = values.dropna().sort_values().dt.floor("s")
    moments = [known.iloc[at].isoformat() for at in (0, len(known) // 2, -1)] if len(known) else []
    first, median, last = moments or (None, None, None)
    return TimestampStatistics(
        missing=float(values.isna().mean()), first=first, median=median, last=last
    )


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
