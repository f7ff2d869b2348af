"""Stage `ingest`: the rows that have arrived, one Parquet file per month.

A month that arrives adds a file and leaves the others byte for byte as they were, so DVC stores
only what is new. Rows without a time are one file.
"""

import logging

import pandas as pd

from predictor import sources
from predictor.contract import Contract
from predictor.data.conversion import typed
from predictor.errors import PredictorError
from predictor.files import replacing_folder, write_json
from predictor.params import Params
from predictor.project import Project
from predictor.proof.fingerprint import fingerprint

logger = logging.getLogger(__name__)


def ingest(project: Project) -> None:
    """Write `data/raw/<month>.parquet` for every month that has arrived, or `all.parquet`.

    `reports/data.json` says what they hold, so that a clone can prove that it has the same.
    """
    contract, params = Contract.read(project.contract), Params.read(project.params).ingest
    rows = typed(sources.load(params.source).read(project, params), contract)
    rows, time = labelled(rows, contract), contract.time
    parts = {"all": rows} if time is None else arrived(rows, time.column, params.through)
    with replacing_folder(project.raw) as folder:
        for name, part in parts.items():
            part.to_parquet(folder / f"{name}.parquet", index=False)
            logger.info("%s: %s rows", name, f"{len(part):,}")
    write_json(project.fingerprint, fingerprint(parts).model_dump(mode="json"))


def labelled(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return the rows that have a target, if the contract leaves the others out."""
    target = contract.target
    if not target.drop_unlabelled or target.column not in rows:
        return rows
    has_label = rows[target.column].notna()
    logger.info("%s rows without a target are left out", f"{int((~has_label).sum()):,}")
    return rows[has_label].reset_index(drop=True)


def arrived(rows: pd.DataFrame, time: str, through: str | None) -> dict[str, pd.DataFrame]:
    """Split rows by month (`YYYY-MM`), up to and including `through`, or all of them.

    Raises:
        PredictorError: `through` is not a month of the data, or a row has no legal time.
    """
    if time not in rows or rows[time].dtype.kind != "M" or rows[time].isna().any():
        raise PredictorError(
            f"The time column {time!r} must hold a date in every row, in the format that "
            "contract.yaml names; give `format`, or mend the data at its source."
        )
    month_of_row = rows[time].dt.strftime("%Y-%m")
    months = sorted(month_of_row.unique())
    if through is not None and through not in months:
        raise PredictorError(
            f"params.yaml: ingest.through is {through!r}, but the data runs from "
            f"{months[0]} to {months[-1]}: name a month in between."
        )
    return {
        month: rows[month_of_row == month].reset_index(drop=True)
        for month in months
        if through is None or month <= through
    }
