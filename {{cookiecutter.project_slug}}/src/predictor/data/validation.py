"""Whether a frame keeps the contract: every violation at once, by column and rule."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandas.api.types import is_datetime64_dtype

from predictor.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    Contract,
    NumberColumn,
    TimestampColumn,
)
from predictor.documents import nearest
from predictor.errors import PredictorError

EXAMPLES = 3


@dataclass(frozen=True)
class Violation:
    """A rule that a column breaks, how often, and its first offenders as (row, value)."""

    column: str
    rule: str
    count: int
    examples: tuple[tuple[int, object], ...]

    def __str__(self) -> str:
        shown = ", ".join(f"row {row}: {value!r}" for row, value in self.examples)
        return f"{self.column}: {self.rule}: {self.count:,} rows, the first: {shown}"


def require_valid(contract: Contract, frame: pd.DataFrame, name: str) -> None:
    """Do nothing if `frame` keeps the contract; `name` is how the errors call it.

    Raises:
        PredictorError: columns are missing or not described, or values break a rule.
    """
    _require_described(contract, frame, name)
    found = violations(contract, frame)
    if found:
        lines = [f"{name} breaks contract.yaml:", *(f"  {violation}" for violation in found)]
        raise PredictorError("\n".join([*lines, "Mend the data at its source, or the contract."]))


def violations(contract: Contract, frame: pd.DataFrame) -> list[Violation]:
    """List every broken rule of the features, the target and the time, in contract order."""
    rules = _features(contract)
    if contract.time and contract.time.column not in rules:
        rules[contract.time.column] = pa.Column(checks=[_is_timestamp()], nullable=False)
    rules[contract.target.column] = pa.Column(nullable=False)
    return _broken(rules, frame)


def feature_violations(contract: Contract, frame: pd.DataFrame) -> list[Violation]:
    """List every broken rule of the features, which are all that a model needs to answer."""
    return _broken(_features(contract), frame)


def _broken(rules: dict[str, pa.Column], frame: pd.DataFrame) -> list[Violation]:
    try:
        pa.DataFrameSchema(rules).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return _summarise(errors.failure_cases, list(frame.columns))
    return []


def _require_described(contract: Contract, frame: pd.DataFrame, name: str) -> None:
    present = [str(column) for column in frame.columns]
    absent = [column for column in contract.kept if column not in present]
    unknown = [column for column in present if column not in contract.described]
    faults = [
        f"{name}: column {column!r} of contract.yaml is missing{nearest(column, unknown)}."
        for column in absent
    ] + [
        f"{name}: column {column!r} is not in contract.yaml"
        f"{nearest(column, contract.described)}: describe it under `columns`, or under "
        "`ignored` with the reason if it is not known when the question is asked."
        for column in unknown
    ]
    if faults:
        raise PredictorError("\n".join(faults))


def _features(contract: Contract) -> dict[str, pa.Column]:
    return {name: _rules(column) for name, column in contract.columns.items()}


def _rules(column: Column) -> pa.Column:
    match column:
        case NumberColumn():
            checks = [_is_number(), *_in_range(column)]
        case CategoryColumn():
            checks = [_is_one_of(column.values)] if column.values else []
        case BooleanColumn():
            checks = [_is_boolean()]
        case TimestampColumn():
            checks = [_is_timestamp()]
    return pa.Column(checks=checks, nullable=column.missing)


def _is_number() -> pa.Check:
    return pa.Check(lambda values: np.isfinite(_as_float(values)), error="is a finite number")


def _in_range(column: NumberColumn) -> list[pa.Check]:
    if column.range is None:
        return []
    low, high = column.range
    unit = f" {column.unit}" if column.unit else ""

    def inside(values: pd.Series) -> pd.Series:
        numbers = _as_float(values)
        return numbers.between(low, high) | numbers.isna()

    return [pa.Check(inside, error=f"lies in [{low:g}, {high:g}]{unit}")]


def _is_one_of(names: tuple[str, ...]) -> pa.Check:
    return pa.Check(lambda values: values.isin(names), error=f"is one of {', '.join(names)}")


def _is_boolean() -> pa.Check:
    return pa.Check(lambda values: values.isin([True, False]), error="is true or false")


def _is_timestamp() -> pa.Check:
    return pa.Check(
        lambda values: pd.Series(is_datetime64_dtype(values), index=values.index),
        error="is a date and time without an offset",
    )


def _as_float(values: pd.Series) -> "pd.Series[float]":
    return pd.to_numeric(values, errors="coerce").astype(float)


def _summarise(cases: pd.DataFrame, order: list[str]) -> list[Violation]:
    found = []
    for (column, rule), group in cases.groupby(["column", "check"], sort=False):
        first = group.head(EXAMPLES)
        values = [None if pd.isna(value) else value for value in first["failure_case"]]
        examples = tuple(zip(first["index"].astype(int), values, strict=True))
        name = "is not missing" if rule == "not_nullable" else str(rule)
        found.append(Violation(str(column), name, len(group), examples))
    return sorted(found, key=lambda violation: order.index(violation.column))
