"""Columns that must not be features, each with the reason and the evidence."""

import re

import numpy as np
import pandas as pd

from predictor.contract import Contract, Ignored, Reason
from predictor.data.leakage import leaks
from predictor.data.targets import truth

SAMPLE_ROWS = 5000
IDENTIFIER_NAME = re.compile(r"(^|[^a-z])(id|uuid|guid|key|index|idx|row|serial|nr|no)([^a-z]|$)")
WORDS_OF_FREE_TEXT = 4

Findings = dict[str, Ignored]
Values = pd.Series


def find(contract: Contract, rows: pd.DataFrame) -> Findings:
    """Return the suspects among the features of `contract`, for typed rows without gaps in time.

    Each column is named once, by the first rule that it breaks.
    """
    found: Findings = {}
    for rule in (_constants, _identifiers, _duplicates, _leaks, _sums):
        left = [name for name in contract.columns if name not in found]
        found |= rule(contract, rows, left)
    return found


def _constants(_: Contract, rows: pd.DataFrame, names: list[str]) -> Findings:
    return {
        name: _ignored("constant", _always(rows[name]))
        for name in names
        if rows[name].nunique(dropna=False) <= 1
    }


def _always(values: Values) -> str:
    return "always missing" if values.isna().all() else f"always {values.iloc[0]}"


def _identifiers(contract: Contract, rows: pd.DataFrame, names: list[str]) -> Findings:
    found: Findings = {}
    for name in names:
        values = rows[name]
        if contract.columns[name].type == "category":
            found |= _near_unique_text(name, values)
        elif contract.columns[name].type == "number" and _is_running_number(name, values):
            found[name] = _ignored("identifier", "a whole number of its own in every row")
    return found


def _near_unique_text(name: str, values: Values) -> Findings:
    known = values.dropna().astype(str)
    distinct = known.nunique()
    if distinct <= max(50, len(known) // 2):
        return {}
    share = f"{distinct:,} different texts in {len(known):,} rows"
    is_prose = known.str.count(r"\S+").mean() >= WORDS_OF_FREE_TEXT
    return {name: _ignored("free text" if is_prose else "identifier", share)}


def _is_running_number(name: str, values: Values) -> bool:
    if values.isna().any() or not (values % 1 == 0).all() or values.duplicated().any():
        return False
    is_sequence = values.max() - values.min() == len(values) - 1
    return bool(is_sequence or IDENTIFIER_NAME.search(_split_words(name)))


def _split_words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _duplicates(_: Contract, rows: pd.DataFrame, names: list[str]) -> Findings:
    first: dict[int, str] = {}
    found = {}
    for name in names:
        digest = int(pd.util.hash_pandas_object(rows[name], index=False).to_numpy().sum())
        original = first.setdefault(digest, name)
        if original != name and rows[name].equals(rows[original].rename(name)):
            found[name] = _ignored("duplicate", f"the same as {original!r} in every row")
    return found


def _leaks(contract: Contract, rows: pd.DataFrame, names: list[str]) -> Findings:
    found = leaks(contract, rows, names)
    return {name: _ignored("leakage", evidence) for name, evidence in found.items()}


def _sums(contract: Contract, rows: pd.DataFrame, names: list[str]) -> Findings:
    """Find columns whose sum is the target: least squares gives each of them the weight 1."""
    if contract.task != "regression":
        return {}
    numbers = [name for name in names if contract.columns[name].type == "number"]
    complete = rows.dropna(subset=numbers).head(SAMPLE_ROWS)
    filled = rows.head(SAMPLE_ROWS).fillna(dict.fromkeys(numbers, 0.0))  # no part, no amount
    parts = _summands(contract, complete, numbers) or _summands(contract, filled, numbers)
    others = " + ".join(parts)
    return {name: _ignored("leakage", f"the target is the sum {others}") for name in parts}


def _summands(contract: Contract, rows: pd.DataFrame, names: list[str]) -> list[str]:
    if len(names) < 2 or len(rows) <= 2 * len(names):
        return []
    X, y = rows[names].to_numpy(float), truth(contract, rows)
    weights = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), y, rcond=None)[0][:-1]
    chosen = np.abs(weights - 1) < 0.02
    rest = y - X[:, chosen].sum(axis=1)
    if chosen.sum() < 2 or np.var(rest) > 1e-6 * np.var(y):
        return []
    return [name for name, is_part in zip(names, chosen, strict=True) if is_part]


def _ignored(reason: Reason, evidence: str) -> Ignored:
    return Ignored(reason=reason, description=evidence)
