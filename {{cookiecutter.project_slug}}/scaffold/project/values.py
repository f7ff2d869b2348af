"""Turn the text of a table into values; `adopt` copies the functions that a table needs to data.py.

Each function takes a column of text without blanks around it, as `clean` returns it.
"""

from collections.abc import Collection

import pandas as pd


def clean(table: pd.DataFrame, missing: Collection[str] = ()) -> pd.DataFrame:
    """Return a copy without blanks around text; "" and the texts `missing` are missing values."""
    table = table.rename(columns=str)
    for name, column in table.items():
        if isinstance(column.dtype, pd.StringDtype):
            text = column.str.strip()
            table[name] = text.mask(text.isin(["", *missing]))
    return table


def numbers(
    column: pd.Series, decimal: str = ".", thousands: str = "", units: Collection[str] = ()
) -> pd.Series:
    """Read text as float64, NaN where missing; `(5)` and `5-` are negative.

    Raises:
        ValueError: a text is not a number in this notation.
    """
    text = column.str.replace("\N{MINUS SIGN}", "-", regex=False)
    for unit in sorted(units, key=len, reverse=True):
        text = text.str.replace(unit, "", regex=False).str.strip()
    separators = {"": "", " ": " \u00a0\u202f", "'": "'\u2019"}.get(thousands, thousands)
    wrong = rf"\d[{separators}](?!\d{{2,3}}(?!\d))|\d{{4}}[{separators}]"  # 1.2 and 1234.567
    if separators and text.str.contains(wrong).any():
        raise ValueError(f"{thousands!r} does not separate thousands")
    for separator in separators:
        text = text.str.replace(separator, "", regex=False)
    text = text.str.replace(decimal, ".", regex=False).str.strip()
    is_negative = text.str.startswith("(") | text.str.endswith("-")
    text = text.str.strip("()").str.removesuffix("-").str.replace("- ", "-", regex=False)
    values = pd.to_numeric(text).astype("float64")
    return values.where(~is_negative.fillna(False).astype(bool), -values)


def booleans(column: pd.Series, true: Collection[str], false: Collection[str]) -> pd.Series:
    """Return True for the values in `true`, False for those in `false`, None where missing.

    Raises:
        ValueError: there is another value.
    """
    values = column.isin(true)
    if not (values | column.isin(false) | column.isna()).all():
        raise ValueError(f"{column.name} has other values than {[*true, *false]}")
    return values if column.notna().all() else values.astype(object).where(column.notna(), None)


def times(column: pd.Series, format: str = "ISO8601", utc: bool = False) -> pd.Series:  # noqa: A002
    """Read text as times without a zone; `epoch s` and `epoch ms` count from 1970.

    An offset such as `Z` or `+02:00` is dropped; with `utc`, times are converted to UTC first.

    Raises:
        ValueError: a text is not a time in this format, or only some have the same offset.
    """
    if format.startswith("epoch "):
        scale = 1000 if format == "epoch s" else 1
        parsed = pd.to_datetime(pd.to_numeric(column) * scale, unit="ms")
    else:
        parsed = pd.to_datetime(column, format=format, utc=utc)
    naive: pd.Series = parsed.dt.tz_localize(None).dt.as_unit("us")
    return naive


def minutes(column: pd.Series, format: str) -> pd.Series:  # noqa: A002
    """Read times of day such as `17:30` as minutes after midnight."""
    time = pd.to_datetime(column, format=format)
    return (time - time.dt.normalize()) / pd.Timedelta(minutes=1)
