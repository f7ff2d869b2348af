"""Raw rows with the types of the contract.

Only what the contract says is converted. A column with a value that does not convert stays as it
was, so that `prepare` can list every such value.
"""

import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype, is_string_dtype

from predictor.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    Contract,
    NumberColumn,
    Spelling,
    TimestampColumn,
)

PLAIN = Spelling()
TRUTHS = {"true": True, "false": False}


def typed(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return a copy in which features, target and time have the types of the contract."""
    columns = {
        name: to_type(rows[name], column)
        for name, column in contract.columns.items()
        if name in rows
    }
    target = contract.target
    if contract.task == "regression" and target.column in rows:
        columns[target.column] = to_number(rows[target.column], target.spelling or PLAIN)
    if contract.time and contract.time.column not in columns and contract.time.column in rows:
        columns[contract.time.column] = to_time(rows[contract.time.column], contract.time.format)
    converted = rows.copy(deep=False)
    for name, values in columns.items():  # `assign` cannot take a column called `self`
        converted[name] = values
    return converted


def to_type(values: pd.Series, column: Column) -> pd.Series:
    """Return the values as the type of `column`, or as they are if one does not convert."""
    match column:
        case NumberColumn():
            return to_number(values, column.spelling or PLAIN)
        case BooleanColumn():
            return to_boolean(values)
        case TimestampColumn():
            return to_time(values, column.format)
        case CategoryColumn():
            return to_text(values)


def to_number(values: pd.Series, spelling: Spelling) -> pd.Series:
    """Return floats.

    Whole numbers become floats too: a column keeps its type when a month happens to lack a
    value, and MLflow, which does not take integers for floats, answers on raw rows.
    """
    if is_integer_dtype(values) or is_bool_dtype(values):
        return values.astype(float)
    if not is_string_dtype(values):
        return values
    text = values.str.strip().mask(values.isin(spelling.missing))
    if spelling.suffix:
        text = text.str.removesuffix(spelling.suffix).str.strip()
    if spelling.thousands:
        text = text.str.replace(spelling.thousands, "", regex=False)
    if spelling.decimal != ".":
        text = text.str.replace(spelling.decimal, ".", regex=False)
    return _unless_lost(values, text, pd.to_numeric(text, errors="coerce"))


def to_boolean(values: pd.Series) -> pd.Series:
    """Return True and False, or None where missing, for `true` and `false` in any case."""
    if not is_string_dtype(values):
        return values
    known = values.str.strip().str.lower().map(TRUTHS)
    return _unless_lost(values, values, known if known.isna().any() else known.astype(bool))


def to_time(values: pd.Series, form: str) -> pd.Series:
    """Return timestamps without an offset."""
    if not is_string_dtype(values):
        return values
    try:
        times = pd.to_datetime(values, format=form, errors="coerce")
    except ValueError:  # offsets that differ from row to row
        return values
    return values if times.dt.tz is not None else _unless_lost(values, values, times)


def to_text(values: pd.Series) -> pd.Series:
    """Return text; numbers as Python writes them."""
    if is_string_dtype(values) or not (is_numeric_dtype(values) or is_bool_dtype(values)):
        return values
    return values.astype(object).map(str, na_action="ignore").astype("str")


def _unless_lost(values: pd.Series, text: pd.Series, converted: pd.Series) -> pd.Series:
    return values if (converted.isna() & text.notna()).any() else converted
