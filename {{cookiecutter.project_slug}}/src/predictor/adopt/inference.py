"""What a column and a target seem to be, from their values alone."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from predictor.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    NumberColumn,
    Spelling,
    Target,
    Task,
    TimePart,
    TimestampColumn,
)
from predictor.data.conversion import TRUTHS, to_number, to_time
from predictor.documents import nearest
from predictor.errors import PredictorError

# Texts that stand for no value where all other values are numbers.
MARKS = frozenset(
    [
        "?",
        "-",
        "--",
        ".",
        "*",
        "na",
        "n/a",
        "#n/a",
        "nan",
        "none",
        "null",
        "nil",
        "unknown",
        "missing",
        "not",
        "available",
        "inf",
        "-inf",
    ]
) | {"", "not available"}
THOUSANDS = re.compile(r"[-+]?\d{1,3}([,.' ])\d{3}(\1\d{3})*([.,]\d+)?")
# A code, not a quantity: as a number, 02139 would be 2139.
LEADING_ZERO = r"\s*0\d+\s*"
FORMATS = ("ISO8601", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y")
POSITIVE = ("1", "1.0", "true", "yes", "y", "t", "positive", "pos")
MOST_LISTED = 12
MOST_CLASSES = 50
FEWEST_PER_CLASS = 5
SHOWN = 3


@dataclass(frozen=True)
class Guess:
    """A proposed column, and what a person should know about it."""

    column: Column
    notes: tuple[str, ...] = ()


def guess_column(values: pd.Series) -> Guess:
    """Propose the type of a feature; text that hides numbers is named with counts."""
    missing = bool(values.isna().any())
    if is_bool_dtype(values) or _is_truth(values):
        return Guess(BooleanColumn(type="boolean", missing=missing))
    if is_datetime64_any_dtype(values):
        return Guess(_timestamp(values, "ISO8601"))
    if is_numeric_dtype(values):
        return Guess(_number(values, None))
    spelling = number_spelling(values)
    if spelling is not None:
        stated = spelling if spelling != Spelling() else None
        return Guess(_number(to_number(values, spelling), stated), spelling_notes(values, spelling))
    form = time_format(values)
    if form is not None:
        return Guess(_timestamp(to_time(values, form), form))
    names = sorted(values.dropna().astype(str).unique())
    listed = tuple(names) if len(names) <= MOST_LISTED else None
    return Guess(CategoryColumn(type="category", missing=missing, values=listed), alike(names))


def number_spelling(values: pd.Series) -> Spelling | None:
    """Return how text spells numbers, if all of it does, except for marks of missing values."""
    known = pd.Series(values.dropna().unique()).astype("str")
    marks = tuple(sorted(text for text in known if text.strip().lower() in MARKS))
    numerals = known[~known.isin(marks)]
    if numerals.empty or numerals.str.fullmatch(LEADING_ZERO).any():
        return None
    for spelling in _spellings(numerals):
        if is_numeric_dtype(to_number(numerals, spelling)):
            return spelling.model_copy(update={"missing": marks})
    return None


def spelling_notes(values: pd.Series, spelling: Spelling) -> tuple[str, ...]:
    """Say what of the text is not a plain number, with counts."""
    notes = [
        f"{int((values == mark).sum()):,} times {mark!r} counts as missing"
        for mark in spelling.missing
    ]
    if spelling.thousands:
        count = int(values.str.contains(spelling.thousands, regex=False, na=False).sum())
        notes.append(f"{count:,} numbers with {spelling.thousands!r} between thousands")
    if spelling.decimal != ".":
        count = int(values.str.contains(spelling.decimal, regex=False, na=False).sum())
        notes.append(f"{count:,} numbers with {spelling.decimal!r} as decimal mark")
    if spelling.suffix:
        count = int(values.str.strip().str.endswith(spelling.suffix).fillna(False).sum())
        notes.append(f"{count:,} numbers end in {spelling.suffix!r}, which is cut off")
    return tuple(notes)


def alike(names: Sequence[str]) -> tuple[str, ...]:
    """Say which names differ only in case or blanks, and are perhaps meant as one."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(" ".join(name.split()).casefold(), []).append(name)
    several = [" and ".join(map(repr, group)) for group in groups.values() if len(group) > 1]
    return tuple(f"{group} differ only in case or blanks" for group in several[:SHOWN])


def time_format(values: pd.Series) -> str | None:
    """Return the one format in which all values are dates; None if there is none or several.

    `%d/%m/%Y` and `%m/%d/%Y` both fit while no day is above 12: then nobody can know.
    """
    known = pd.Series(values.dropna().unique()).astype("str")
    if known.empty or not known.str.contains(r"\d", regex=True).all():
        return None
    fitting = [form for form in FORMATS if is_datetime64_any_dtype(to_time(known, form))]
    is_certain = len(fitting) == 1 or fitting[:1] == ["ISO8601"]  # which reads 2024/01/31 too
    return fitting[0] if is_certain else None


def infer_task(values: pd.Series) -> Task:
    """Two labels are binary, many different numbers regression, anything else multiclass.

    Raises:
        PredictorError: there is one value, or too many different texts to be classes.
    """
    distinct = values.dropna().nunique()
    if distinct < 2:
        raise PredictorError(f"the target has only one value, {values.dropna().iloc[0]!r}.")
    if distinct == 2:
        return "binary"
    is_number = is_numeric_dtype(values) or number_spelling(values) is not None
    if is_number and distinct > 20:
        return "regression"
    if distinct > MOST_CLASSES:
        raise PredictorError(
            f"the target has {distinct:,} different texts, which is no class to learn: choose "
            "another target."
        )
    return "multiclass"


def infer_target(values: pd.Series, task: Task, positive: str | None) -> Target:
    """Describe the target of a task.

    Raises:
        PredictorError: the labels do not fit the task, `positive` is none of them, or a class
            has too few rows to be split.
    """
    name = str(values.name)
    if task == "regression":
        return _regression_target(values, name)
    counts = values.astype(str).value_counts()
    rare = [f"{label!r} ({count})" for label, count in counts.items() if count < FEWEST_PER_CLASS]
    if rare:
        raise PredictorError(
            f"these classes of the target have fewer than {FEWEST_PER_CLASS} rows: "
            f"{', '.join(rare)}: merge or drop them."
        )
    labels = [str(label) for label in counts.index]
    if task == "multiclass":
        return Target(column=name, classes=tuple(sorted(labels)))
    if len(labels) != 2:
        raise PredictorError(f"a binary task has two labels, and the target has {len(labels)}.")
    return Target(column=name, positive=_positive(labels, positive))


def _regression_target(values: pd.Series, name: str) -> Target:
    if is_numeric_dtype(values):
        return Target(column=name)
    spelling = number_spelling(values)
    if spelling is None or spelling.missing:
        texts = list(values.unique())
        odd = [text for text in texts if number_spelling(pd.Series([text])) is None]
        example = (odd or texts)[0]
        raise PredictorError(f"the target is not a number everywhere, for example {example!r}.")
    return Target(column=name, spelling=spelling if spelling != Spelling() else None)


def _positive(labels: list[str], wish: str | None) -> str:
    if wish is not None and wish not in labels:
        raise PredictorError(
            f"--positive {wish!r} is no label of the target; it has "
            f"{' and '.join(map(repr, labels))}{nearest(wish, labels)}."
        )
    usual = [label for label in labels if label.lower() in POSITIVE]
    return wish or (usual[0] if len(usual) == 1 else labels[-1])  # else the rarer one


def _is_truth(values: pd.Series) -> bool:
    known = values.dropna().unique()
    return len(known) > 0 and all(str(value).strip().lower() in TRUTHS for value in known)


def _spellings(numerals: pd.Series) -> list[Spelling]:
    """Return candidates, the plainest first; thousands only where every group has three digits."""
    bare = numerals.str.strip()
    suffixes = ["", "%"] if bare.str.endswith("%").any() else [""]
    bare = bare.str.removesuffix("%").str.strip()
    grouped = {match[1] for text in bare if (match := THOUSANDS.fullmatch(text))}
    pairs = product(sorted(grouped), ".,")
    marks = [("", "."), *((mark, point) for mark, point in pairs if mark != point)]
    if not any("," in text and "." in text for text in bare):
        marks.append(("", ","))
    return [
        Spelling(thousands=thousands, decimal=decimal, suffix=suffix)
        for suffix, (thousands, decimal) in product(suffixes, marks)
        if thousands == "" or _well_grouped(bare, thousands)
    ]


def _well_grouped(texts: pd.Series, mark: str) -> bool:
    with_mark = texts[texts.str.contains(mark, regex=False)]
    return all(
        (match := THOUSANDS.fullmatch(text)) is not None and match[1] == mark for text in with_mark
    )


def _number(values: pd.Series, spelling: Spelling | None) -> NumberColumn:
    known = values.dropna().astype(float)
    return NumberColumn(
        type="number",
        missing=bool(values.isna().any()),
        range=_range(float(known.min()), float(known.max())) if len(known) else None,
        spelling=spelling,
    )


def _range(low: float, high: float) -> tuple[float, float] | None:
    """Return a range half as wide again, rounded outwards; what was never negative stays so."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    margin = (high - low) / 4 or max(abs(high), 1.0)
    if margin < 1e-300 or max(abs(low), abs(high)) > 1e300:
        return (low, high)  # rounding would leave what a float can hold
    step = 10.0 ** math.floor(math.log10(margin))
    bottom, top = math.floor((low - margin) / step) * step, math.ceil((high + margin) / step) * step
    bottom = max(bottom, 0.0) if low >= 0 else bottom
    # 12 digits may round to the inside of numbers that differ only further on
    return (min(float(f"{bottom:.12g}"), low), max(float(f"{top:.12g}"), high))


def _timestamp(values: pd.Series, form: str) -> TimestampColumn:
    known = values.dropna().dt
    changing: list[TimePart] = ["month"] if known.to_period("M").nunique() > 1 else []
    changing += ["weekday"]
    if (known.hour * 60 + known.minute).nunique() > 1:
        changing += ["minute_of_day"]
    return TimestampColumn(
        type="timestamp", missing=bool(values.isna().any()), format=form, parts=tuple(changing)
    )
