"""Splits at random: the file of the raw rows, and the train, validation and test sets."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel
from sklearn.model_selection import train_test_split

from predictor.errors import PredictorError
from predictor.params import Share
from predictor.schema import GROUP, TARGET, Row, Target

FEW = 0.1  # share of the rows
KEYS = [GROUP] if GROUP else []  # columns needed here, whether they are features or not
TARGET_TYPE: object = Target  # a type, or a Literal of classes
Groups = tuple[npt.NDArray[np.intp], str]  # the group of each row, and their description


class Ingest(BaseModel, frozen=True, extra="forbid"):
    """All rows are used, so there is nothing to choose."""


class Prepare(BaseModel, frozen=True, extra="forbid"):
    """How rows become train, valid and test; `valid_share` is a share of the rows without test."""

    test_share: Share
    valid_share: Share
    seed: int


def raw_files(rows: pd.DataFrame, _: Ingest) -> dict[str, pd.DataFrame]:
    """Return the rows of each file of `data/raw`: there is one, with all rows."""
    return {"all": rows}


def split(rows: pd.DataFrame, params: Prepare) -> dict[str, pd.DataFrame]:
    """Return random `train`, `valid` and `test` rows; the rows of a group stay together."""
    codes, _ = groups(rows)
    targets = rows[TARGET].groupby(codes).first()
    others, test = hold_out(targets, params.test_share, params.seed)
    train, valid = hold_out(others, params.valid_share, params.seed)
    return {
        name: rows[np.isin(codes, part.index)].reset_index(drop=True)
        for name, part in {"train": train, "valid": valid, "test": test}.items()
    }


def hold_out(targets: pd.Series, share: float, seed: int) -> list[pd.Series]:
    """Split groups, given the target of each; classes keep their shares."""
    classes = None if TARGET_TYPE is float else targets
    try:
        found: list[pd.Series] = train_test_split(
            targets, test_size=share, random_state=seed, stratify=classes
        )
    except ValueError as error:
        raise PredictorError(f"params.yaml: prepare: the rows cannot be split: {error}") from error
    return found


def groups(rows: pd.DataFrame) -> Groups:
    """Group rows that are not independent: those of one GROUP, else those with equal features.

    They are on one side of the split, and the bootstrap resamples them together. Where there are
    FEW different rows, as in a table of three categories, equality means nothing.
    """
    features = [field.alias or name for name, field in Row.model_fields.items()]
    key = rows[GROUP] if GROUP else pd.util.hash_pandas_object(rows[features], index=False)
    codes, different = pd.factorize(key, use_na_sentinel=False)
    if not GROUP and len(different) < FEW * len(rows):
        codes, different = np.arange(len(rows)), rows.index
    n_groups = len(different)
    return codes, f"{n_groups:,} {'rows' if n_groups == len(rows) else 'groups of rows'}"
