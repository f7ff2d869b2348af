"""Propose what each column of a table is, how data.py reads it, and what to ask the user."""

import math
import re
from dataclasses import dataclass, replace

import pandas as pd

from predictor.errors import PredictorError, did_you_mean
from scaffold.choices import Choices, Question
from scaffold.choosing import calendar_parts
from scaffold.project.values import clean, numbers
from scaffold.readings import TEXT, Kind, Reading, epochs, guess, read_as
from scaffold.target import FLOAT32, choose_rows, classes_or_number, read_target

MARKERS = {"?", "-", "--", ".", "*", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null"}
# These are missing values beside numbers and in the target; elsewhere they are categories.
WORDS = {"none", "nil", "unknown", "missing", "undefined", "not available"}
SENTINEL = re.compile(r"-9|-?9{2,6}|-?9{3,4}\.9")
ID_NAME = re.compile(r"(^|_)(id|uuid|guid|key|nr|no)$|^(id|uuid|guid)_")
INDEX_NAME = re.compile(r"^$|^unnamed_\d|^rownames$|^index$")
CODE_NAME = re.compile(r"(^|_)(id|code|zip|zipcode|postcode|type)$")
NUMERIC = ("number", "integer")  # kinds of columns
PARTS = ("month", "day", "weekday", "minute_of_day")  # of a time, in features.py


@dataclass(frozen=True)
class Column:
    """A column of the table: its values, and the expression `code` that reads them in data.py."""

    name: str
    kind: Kind
    values: pd.Series
    code: str
    why: str  # one short sentence for the user
    description: str = ""  # unit or currency
    ignored: str = ""  # the reason why it is no feature
    low: float | None = None
    high: float | None = None
    names: tuple[str, ...] = ()  # a closed set of categories; empty: any text


@dataclass(frozen=True)
class Proposal:
    """What `adopt` writes when all questions are answered."""

    columns: list[Column]  # without the target
    target: Column
    missing: tuple[str, ...]
    where: str  # the expression in data.py for the rows to learn from, or ""
    notes: list[str]
    questions: list[Question]


def propose(rows: pd.DataFrame, choices: Choices) -> Proposal:
    """Propose a reading of columns of text; raise PredictorError for options in error."""
    table = clean(rows)
    _require_columns(table, choices)
    questions: list[Question] = []
    markers, guesses = set(choices.missing), {}
    for name in map(str, table):
        guesses[name], found = _guess(table[name], choices, questions)
        markers.update(found)
    missing = tuple(sorted(markers))
    counts = {marker: table.isin([marker]).sum().loc[lambda count: count > 0] for marker in missing}
    notes = [f"{marker!r} is missing: {each.to_dict()}." for marker, each in counts.items()]
    table, where = choose_rows(clean(table, missing), choices, questions)
    readings = _choose(table, guesses, questions)
    label = table[choices.target]
    reading = read_target(label, readings.pop(choices.target), choices, questions)
    columns = [_describe(table[name], each) for name, each in readings.items()]
    parts = {f"{each.name}.{part}" for each in columns if each.kind == "time" for part in PARTS}
    columns = [replace(each, ignored=_reason(each, parts, choices)) for each in columns]
    used = [each for each in columns if not each.ignored or each.kind == "time"]
    if not used:
        raise PredictorError(f"No column is left beside the target {choices.target!r}.")
    for each in used:
        questions += _ask_sentinels(table[each.name], each, choices)
    questions += _ask_time(columns, choices)
    notes += _notes(columns)
    target = _describe(label, reading)
    if target.kind == "category":
        target = replace(target, names=tuple(sorted(target.values.unique())))
    return Proposal(columns, target, missing, where, notes, questions)


def urge_costs(target: Column) -> str:
    """Return the advice to give costs if less than 10 % of the rows are True, or ""."""
    if target.kind != "boolean" or target.values.mean() >= 0.1:
        return ""
    counted = f"Only {target.values.sum():,} of {len(target.values):,} rows are True"
    return f"{counted}: without --costs FALSE_ALARM:MISS, the model may never act."


def _require_columns(table: pd.DataFrame, choices: Choices) -> None:
    known = [str(name) for name in table]
    named = {choices.target, choices.time, choices.group, *choices.readings}
    for name in (named | choices.keep | choices.drop) - {None, "none", *known}:
        hint = did_you_mean(str(name), known) or f"; it has {', '.join(known[:20])}"
        raise PredictorError(f"The table has no column {name!r}{hint}.")


def _guess(
    column: pd.Series, choices: Choices, questions: list[Question]
) -> tuple[list[Reading], list[str]]:
    """Return the readings that fit, and the texts that mean "missing"."""
    name, known = str(column.name), column.dropna().drop_duplicates()
    left_out = choices.drop_class if name == choices.target else frozenset()
    known = known[~known.isin(choices.missing | left_out)]
    is_marker = known.str.lower().isin(MARKERS | WORDS) & ~known.isin(choices.literal)
    missing, known = known[is_marker].tolist(), known[~is_marker]
    answer = choices.readings.get(name)
    readings = [read_as(name, known, answer)] if answer else guess(known)
    if readings == [TEXT]:
        kept = {"none", "nil"} if name == choices.target else set(WORDS)
        kept |= {"na"} if len(known) > 4 and known.str.fullmatch("[A-Z]{2}").all() else set()
        kept |= {"-"} if "+" in set(known) else set()
        missing = [text for text in missing if text.lower() not in kept]
    if name in choices.drop:
        return [TEXT] if readings[0].others else readings[:1], missing
    if others := readings[0].others:
        answers = {f"{text!r} is a missing value": ("--missing", text) for text in others}
        answers["read it as text"] = ("--as", f"{name}=category")
        asked = f"{name!r} has numbers, but also {', '.join(map(repr, others))}."
        questions.append(Question(asked, answers))
    elif not answer and [(each.function, each.options) for each in readings] == [(numbers, {})]:
        readings = [TEXT] if CODE_NAME.search(_snake(name)) else epochs(name, known) or readings
        if name == choices.target and readings[0].kind == "number":
            readings = classes_or_number(known, readings[0])
    return readings, [*missing, *others]


def _choose(
    table: pd.DataFrame, guesses: dict[str, list[Reading]], questions: list[Question]
) -> dict[str, Reading]:
    """Choose between readings by the columns that have only one, else ask for the first."""
    seen = {readings[0].notation for readings in guesses.values() if len(readings) == 1} - {""}
    chosen = {}
    for name, readings in guesses.items():
        likely = [each for each in readings if each.notation in seen]
        is_decided = len(likely) == 1 and readings[-1].kind != "category"
        chosen[name] = likely[0] if is_decided else readings[0]
        if len(readings) > 1 and not is_decided:
            questions.append(_ask_reading(table[name], readings))
            seen.add(readings[0].notation)  # the answer decides the other columns too
    return chosen


def _ask_reading(column: pd.Series, readings: list[Reading]) -> Question:
    """Ask with the first texts that the readings tell apart."""
    texts = column.dropna().drop_duplicates()
    first, second = (each.read(texts).astype(object) for each in readings[:2])
    texts = texts[first != second].head(2)
    shown, answers = ", ".join(texts), {}
    for each in readings:
        values = "a label" if each.kind == "category" else ", ".join(map(_show, each.read(texts)))
        answers[f"{shown} is {values}"] = ("--as", f"{column.name}={each.answer}")
    unit = f" (in {readings[0].unit})" if readings[0].unit else ""
    return Question(f"{column.name!r}{unit} can be read in more than one way.", answers)


def _describe(column: pd.Series, reading: Reading) -> Column:
    name, kind, names, low, high = str(column.name), reading.kind, (), None, None
    values, code = reading.read(column), reading.code(name)
    known, missing = values.dropna(), int(values.isna().sum())
    if kind == "category" and 0 < known.nunique() <= 12 and known.value_counts().min() >= 5:
        names = tuple(sorted(known.unique()))
    if kind == "number":
        if reading.function is numbers and values.abs().max() < 2**63 and (values % 1 == 0).all():
            decimal = reading.options.get("decimal", ".")
            if not column.str.contains(decimal, regex=False).any():
                kind, values, code = "integer", values.astype("int64"), f'{code}.astype("int64")'
        if known.abs().max() <= FLOAT32:
            low, high = _range(known, kind, reading.unit)
    why = _why(kind, known, reading) + (f", {missing:,} missing" if missing else "")
    return Column(name, kind, values, code, why, reading.unit, "", low, high, names)


def _range(known: pd.Series, kind: Kind, unit: str) -> tuple[float, float]:
    """Return a range half as wide again, in round numbers, that respects what never occurs."""
    low, high = float(known.min()), float(known.max())
    top = {"%": 100.0, "minutes": 1440.0}.get(unit, 1.0 if kind == "number" and high > 0.9 else 0)
    if low >= 0 and high <= top:
        return 0.0, top
    margin = max((high - low) / 4, abs(high) / 10, abs(low) / 10)
    ends = low - margin, high + margin
    bottom, above = (math.floor(ends[0]), math.ceil(ends[1])) if kind == "integer" else ends
    return 0.0 if low >= 0 > bottom else float(f"{bottom:.2g}"), float(f"{above:.2g}")


def _why(kind: Kind, known: pd.Series, reading: Reading) -> str:
    if known.empty:
        return "empty"
    if kind == "boolean":
        true = ", ".join(reading.options["true"])
        return f"boolean: True is {true} in {known.sum():,} of {len(known):,}"
    if kind == "category":
        return f"category: {known.nunique():,} values, mostly {known.mode()[0]!r}"
    says = f" {reading.says}" if reading.says else ""
    unit = f", in {reading.unit}" if reading.unit else ""
    return f"{kind}: {_show(known.min())} to {_show(known.max())}{says}{unit}"


def _show(value: object) -> str:
    return f"{value:,.10g}" if isinstance(value, float | int) else str(value)


def _reason(column: Column, parts: set[str], choices: Choices) -> str:
    """Return why a column is no feature, or ""."""
    if column.name in choices.drop:
        return "given by --drop"
    if column.name in parts & choices.keep:
        raise PredictorError(f"--keep {column.name}: rename it, as a time has a part of this name.")
    if column.name in parts:
        return "the name of a part of a time"
    return "" if column.name in choices.keep else _find_fault(column)


def _find_fault(column: Column) -> str:
    known, name = column.values.dropna(), _snake(column.name)
    distinct, is_integer = known.nunique(), column.kind == "integer"
    if known.empty:
        return "empty"
    if column.kind == "time" and not calendar_parts(known):
        return "it only orders the rows"
    if distinct == 1 and len(known) == len(column.values):
        return "constant"
    if column.kind in NUMERIC and not known.abs().max() <= FLOAT32:
        return f"values beyond 3e38 (row {known.abs().idxmax():,})"
    if is_integer and distinct == len(known) >= 10 and "year" not in name:
        is_dense = known.max() - known.min() == distinct - 1 or known.is_monotonic_increasing
        if is_dense or INDEX_NAME.search(name):
            return "running number"
    if column.kind == "category" and distinct > 20 and distinct >= 0.7 * len(known):
        return "free text" if known.str.len().mean() > 40 else "identifier"
    is_large = is_integer and known.abs().max() > 2**53
    is_named = column.kind in ("category", "integer") and distinct > 50 and ID_NAME.search(name)
    return "identifier" if is_large or is_named else ""


def _ask_sentinels(texts: pd.Series, column: Column, choices: Choices) -> list[Question]:
    """Ask about a lowest or highest number such as -999 that is far from the others."""
    values, questions = column.values.dropna(), []
    for number in {values.min(), values.max()} if column.kind in NUMERIC else ():
        others, text = values[values != number], texts[column.values == number].iloc[0]
        is_far = (others - number).abs().min() > others.max() - others.min()
        if is_far and SENTINEL.fullmatch(f"{number:g}") and text not in choices.literal:
            rest = f"{others.min():g} to {others.max():g} in the others"
            says = f"{column.name!r} is {text} in {len(values) - len(others):,} rows, and {rest}."
            answers = {"it is a missing value": ("--missing", text)}
            questions.append(Question(says, answers | {"it is a number": ("--literal", text)}))
    return questions


def _ask_time(columns: list[Column], choices: Choices) -> list[Question]:
    usable = [each.name for each in columns if each.kind == "time" and each.values.notna().all()]
    if choices.time not in (None, "none", *usable):
        raise PredictorError(f"--time: {choices.time!r} is not a time in every row; see --as.")
    if choices.time or not usable:
        return []
    answers = {f"by {name}: the newest rows are the test set": ("--time", name) for name in usable}
    answers["at random"] = ("--time", "none")
    return [Question("How are the rows split? By time, if later rows must be predicted.", answers)]


def _notes(columns: list[Column]) -> list[str]:
    notes = []
    for each in columns:
        name, values, kind = each.name, each.values.dropna(), "" if each.ignored else each.kind
        if each.ignored == "identifier" and values.nunique() < 0.7 * len(values):
            notes.append(f"Rows with the same {name!r} may belong together: --group {name}.")
        if kind == "category" and values.str.match(r"[<>~]?\d").mean() > 0.8:
            notes.append(f"{name!r} is read as text, although it has digits: {values.iloc[0]!r}.")
        if kind in NUMERIC and values.nunique() <= 10 and (values % 1 == 0).all():
            notes.append(f"{name!r} is an amount; for a code, --as {name}=category.")
    return notes


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|\W+", "_", name).strip("_").lower()
