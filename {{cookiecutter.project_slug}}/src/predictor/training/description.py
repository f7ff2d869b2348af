"""From training rows to the statistics of the bundle."""

import pandas as pd

from predictor.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    Contract,
    NumberColumn,
    TimestampColumn,
)
from predictor.statistics import (
    BooleanStatistics,
    CategoryStatistics,
    ColumnStatistics,
    NumberStatistics,
    Statistics,
    TimestampStatistics,
)

QUANTILES = tuple(step / 10 for step in range(11))
MOST_NAMES = 50


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
