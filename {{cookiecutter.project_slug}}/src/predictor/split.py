"""Splits by time: the files of the raw rows, and the train, validation and test sets."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, BeforeValidator, PositiveFloat

from predictor.errors import PredictorError
from predictor.params import Share
from predictor.schema import BLOCK, PERIOD, TIME

KEYS = [TIME]  # columns needed here, whether they are features or not
Groups = tuple[npt.NDArray[np.intp], str]  # the group of each row, and their description


class Ingest(BaseModel, frozen=True, extra="forbid"):
    """Which periods are used: all up to and including `through`, in the format of PERIOD."""

    through: Annotated[str, BeforeValidator(str)]  # YAML reads some periods as numbers or dates


class Prepare(BaseModel, frozen=True, extra="forbid"):
    """How rows become train, valid and test; 0.25 `test_days` are six hours."""

    test_days: PositiveFloat
    valid_share: Share


def raw_files(rows: pd.DataFrame, params: Ingest) -> dict[str, pd.DataFrame]:
    """Return the rows of each file of `data/raw`: the periods up to and including `through`."""
    period_of_row = rows[TIME].dt.strftime(PERIOD)
    periods = sorted(period_of_row.unique())
    if params.through not in periods:
        span = f"the data runs from {periods[0]} to {periods[-1]}"
        raise PredictorError(f"params.yaml: ingest.through: {span}, got {params.through!r}.")
    return {
        period: rows[period_of_row == period].reset_index(drop=True)
        for period in periods
        if period <= params.through
    }


def split(rows: pd.DataFrame, params: Prepare) -> dict[str, pd.DataFrame]:
    """Return `train`, `valid` and `test` (the newest days); rows of a block stay together."""
    ordered = rows.sort_values(TIME, kind="stable", ignore_index=True)
    block = ordered[TIME].dt.floor(BLOCK)
    is_test = block > block.max() - pd.Timedelta(days=params.test_days)
    if is_test.all():
        days = (ordered[TIME].max() - ordered[TIME].min()) / pd.Timedelta(days=1)
        raise PredictorError(f"params.yaml: prepare.test_days: the rows span only {days:.3g} days.")
    last_train_block = block[~is_test].quantile(1 - params.valid_share, interpolation="lower")
    is_valid = ~is_test & (block > last_train_block)
    chosen = {"train": ~is_test & ~is_valid, "valid": is_valid, "test": is_test}
    return {name: ordered[rows].reset_index(drop=True) for name, rows in chosen.items()}


def groups(rows: pd.DataFrame) -> Groups:
    """Group rows by block: rows of a block are not independent, so the bootstrap resamples blocks.

    Simulated: with 10 blocks, a 95% interval covers 91%. Source: Cameron, Gelbach and Miller
    (2008), "Bootstrap-Based Improvements for Inference with Clustered Errors".
    """
    codes, blocks = pd.factorize(rows[TIME].dt.floor(BLOCK))
    return codes, f"{len(blocks)} {'days' if BLOCK == 'D' else f'blocks of {BLOCK}'}"
