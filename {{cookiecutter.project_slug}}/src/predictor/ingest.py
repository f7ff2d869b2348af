"""Stage `ingest`: the rows that have arrived, one Parquet file per month.

A month that arrives adds a file and leaves the others byte for byte as they were, so DVC stores
only what is new.
"""

import logging

import pandas as pd
from pandas.api.types import is_integer_dtype

from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.files import replacing_folder
from predictor.params import IngestParams, Params
from predictor.project import Project
from predictor.sources import flights

logger = logging.getLogger(__name__)


def ingest(project: Project) -> None:
    """Write `data/raw/<month>.parquet` for every month that has arrived."""
    contract, params = Contract.read(project.contract), Params.read(project.params)
    rows = typed(flights.read(), contract)
    months = arrived(rows, _time_column(contract), params.ingest)
    with replacing_folder(project.raw) as folder:
        for month, part in months.items():
            part.to_parquet(folder / f"{month}.parquet", index=False)
            logger.info("%s: %s rows", month, f"{len(part):,}")


def typed(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return a copy whose whole numbers are floats where the contract says `number`.

    A column keeps its type when a month happens to lack a value, and MLflow, which does not
    take integers for floats, answers on raw rows. What is not a number stays as it is, for
    `prepare` to complain about.
    """
    numbers = [name for name, column in contract.columns.items() if column.type == "number"]
    whole = [name for name in numbers if name in rows and is_integer_dtype(rows[name])]
    return rows.astype(dict.fromkeys(whole, float))


def arrived(rows: pd.DataFrame, time_column: str, params: IngestParams) -> dict[str, pd.DataFrame]:
    """Split rows by month (`YYYY-MM`), up to and including `params.through`.

    Raises:
        PredictorError: `params.through` is not a month of the data.
    """
    month_of_row = rows[time_column].dt.strftime("%Y-%m")
    months = sorted(month_of_row.unique())
    if params.through not in months:
        raise PredictorError(
            f"params.yaml: ingest.through is {params.through!r}, but the data runs from "
            f"{months[0]} to {months[-1]}: name a month in between."
        )
    return {
        month: rows[month_of_row == month].reset_index(drop=True)
        for month in months
        if month <= params.through
    }


def _time_column(contract: Contract) -> str:
    if contract.time is None:
        raise PredictorError("contract.yaml: months need a time column: add `time: {column: ...}`.")
    return contract.time.column
