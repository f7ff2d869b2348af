"""Splits by time: the rows of each month, and the train, validation and test sets."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictor.errors import PredictorError
from predictor.params import Ingest, Prepare
from predictor.schema import TIME

Groups = tuple[npt.NDArray[np.intp], str]  # the group of each row, and their description


def split_by_month(rows: pd.DataFrame, params: Ingest) -> dict[str, pd.DataFrame]:
    """Return the rows of each month (`YYYY-MM`) up to and including `through`."""
    month_of_row = rows[TIME].dt.strftime("%Y-%m")
    months = sorted(month_of_row.unique())
    if params.through not in months:
        span = f"the data runs from {months[0]} to {months[-1]}"
        raise PredictorError(f"params.yaml: ingest.through: {span}, got {params.through!r}.")
    return {
        month: rows[month_of_row == month].reset_index(drop=True)
        for month in months
        if month <= params.through
    }


def split(rows: pd.DataFrame, params: Prepare) -> dict[str, pd.DataFrame]:
    """Return `train`, `valid` and `test` (the newest days); rows of a day stay together."""
    ordered = rows.sort_values(TIME, kind="stable", ignore_index=True)
    day = ordered[TIME].dt.normalize()
    is_test = day > day.max() - pd.Timedelta(days=params.test_days)
    if is_test.all():
        days = (day.max() - day.min()).days + 1
        raise PredictorError(f"params.yaml: prepare.test_days: the rows span only {days} days.")
    last_train_day = day[~is_test].quantile(1 - params.valid_share, interpolation="lower")
    is_valid = ~is_test & (day > last_train_day)
    chosen = {"train": ~is_test & ~is_valid, "valid": is_valid, "test": is_test}
    return {name: ordered[rows].reset_index(drop=True) for name, rows in chosen.items()}


def groups(rows: pd.DataFrame) -> Groups:
    """Group rows by day: rows of a day are not independent, so the bootstrap resamples days."""
    codes, days = pd.factorize(rows[TIME].dt.normalize())
    return codes, f"{len(days)} days"
