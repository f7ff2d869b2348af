"""Stage `prepare`: rows that keep the contract, split by time into train, valid and test."""

import logging
from dataclasses import dataclass

import pandas as pd
from sklearn.model_selection import train_test_split

from predictor.contract import Contract
from predictor.data.frames import read_rows
from predictor.data.leakage import require_no_leak
from predictor.data.targets import truth
from predictor.data.validation import require_valid
from predictor.errors import PredictorError
from predictor.files import replacing_folder
from predictor.params import Params, PrepareParams
from predictor.project import Project

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Split:
    """Three frames that share no row."""

    train: pd.DataFrame
    valid: pd.DataFrame
    test: pd.DataFrame


def prepare(project: Project) -> None:
    """Check every raw file against the contract, drop what it ignores, and write the split."""
    contract, params = Contract.read(project.contract), Params.read(project.params)
    raw = read_raw(project, contract)
    parts = split(raw[contract.kept], contract, params.prepare)
    require_learnable(contract, parts)
    require_no_leak(contract, raw)  # the rows that `adopt` judged
    with replacing_folder(project.prepared) as folder:
        for name, part in vars(parts).items():
            part.to_parquet(folder / f"{name}.parquet", index=False)
            logger.info("%s: %s rows", name, f"{len(part):,}")


def require_learnable(contract: Contract, parts: Split) -> None:
    """Do nothing if every part has rows, and more than one class.

    Raises:
        PredictorError: one has not.
    """
    for name, part in vars(parts).items():
        _require_labels(contract, name, part)


def _require_labels(contract: Contract, name: str, part: pd.DataFrame) -> None:
    target = contract.target
    kinds = 0 if part.empty else len(set(truth(contract, part).tolist()))
    if kinds < (1 if contract.task == "regression" else 2):
        found = ", ".join(repr(each) for each in part[target.column].unique()[:5]) or "no row"
        positive = f" (positive is {target.positive!r})" if target.positive else ""
        raise PredictorError(
            f"The {name} rows cannot be learned from: they have {len(part):,} rows and only one "
            f"kind of {target.column!r}{positive}, found: {found}. Look at target in "
            "contract.yaml, and at the split in params.yaml."
        )


def read_raw(project: Project, contract: Contract) -> pd.DataFrame:
    """Read all of `data/raw`, oldest file first, each file checked against the contract.

    Raises:
        PredictorError: there is no data, or a file breaks the contract.
    """
    paths = sorted(project.raw.glob("*.parquet"))
    if not paths:
        raise PredictorError(f"No Parquet file in {project.raw}: run `uv run dvc repro ingest`.")
    frames = []
    for path in paths:
        frame = read_rows(path, "ingest")
        require_valid(contract, frame, f"data/raw/{path.name}")
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def split(frame: pd.DataFrame, contract: Contract, params: PrepareParams) -> Split:
    """Keep the newest months for the test and the newest share of the rest for validation.

    A table without a time column is shuffled with `params.seed`; then test and validation take
    `valid_share` of what is left, one after the other, with the same share of every class.

    Raises:
        PredictorError: there are too few months to train on any.
    """
    if contract.time is None:
        return _split_at_random(frame, contract, params)
    return _split_by_time(frame, contract.time.column, params)


def _split_by_time(frame: pd.DataFrame, time: str, params: PrepareParams) -> Split:
    ordered = frame.sort_values(time, kind="stable", ignore_index=True)
    month = ordered[time].dt.to_period("M")
    months = month.unique()
    if len(months) <= params.test_months:
        raise PredictorError(
            f"params.yaml: prepare.test_months is {params.test_months}, and the rows are of "
            f"{len(months)} month(s), which leaves none to train on: wait for more months, or "
            "split without a time."
        )
    is_test = month >= months[-params.test_months]
    fit = ordered[~is_test]
    # A whole day is trained on or validated on: rows of one day have much in common.
    day = fit[time].dt.normalize()
    is_valid = day > day.quantile(1 - params.valid_share, interpolation="lower")
    return _reset(fit[~is_valid], fit[is_valid], ordered[is_test])


def _split_at_random(frame: pd.DataFrame, contract: Contract, params: PrepareParams) -> Split:
    fit, test = _held_out(frame, contract, params)
    train, valid = _held_out(fit, contract, params)
    return _reset(train, valid, test)


def _held_out(
    frame: pd.DataFrame, contract: Contract, params: PrepareParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    # Every class keeps its share in every part.
    labels = None if contract.task == "regression" else frame[contract.target.column]
    rest, held = train_test_split(
        frame, test_size=params.valid_share, random_state=params.seed, stratify=labels
    )
    return rest, held


def _reset(train: pd.DataFrame, valid: pd.DataFrame, test: pd.DataFrame) -> Split:
    return Split(*(part.reset_index(drop=True) for part in (train, valid, test)))
