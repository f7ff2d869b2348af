"""Propose what each column of a table is, how data.py reads it, and what to ask the user."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

from predictor.errors import PredictorError, did_you_mean
from scaffold.choices import Choices, Question
from scaffold.readings import TEXT, Guess, Kind, Reading, guess, guess_epoch, read_as
from scaffold.values import booleans, clean, labels, numbers, times

MARKERS = {"?", "-", "--", ".", "*", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null"}
# These are missing values beside numbers and in the target; elsewhere they are categories.
WORDS = {"none", "nil", "unknown", "missing", "undefined", "not available"}
SENTINELS = {
    sign * float(f"{digits}") for digits in ("99", "999", "9999", "99999") for sign in (-1, 1)
}
SENTINELS |= {-9.0, 999.9, -999.9, 9999.9, 999999.0, -999999.0}
ID_NAME = re.compile(r"(^|_)(id|uuid|guid|key|nr|no)$|^(id|uuid|guid)_")
INDEX_NAME = re.compile(r"^$|^unnamed_\d|^rownames$|^index$")
CODE_NAME = re.compile(r"(^|_)(id|code|zip|zipcode|postcode|type)$")
HASH = r"[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
PARTS = ("month", "day", "weekday", "hour", "minute_of_day")  # of a time, in features.py
FLOAT32 = float(np.finfo(np.float32).max)
SAMPLE = 5000
MOST_CLASSES = 50
MOST_NAMES = 12


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


@dataclass(frozen=True)
class Draft:
    """What was found until now."""

    choices: Choices
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Add a note."""
        self.notes.append(text)

    def ask(self, text: str, answers: dict[str, tuple[str, str]]) -> None:
        """Add a question."""
        self.questions.append(Question(text, answers))


def propose(rows: pd.DataFrame, choices: Choices) -> Proposal:
    """Propose a reading of a table of text (from CSV or Excel) or of typed columns (Parquet).

    Raises:
        PredictorError: a column that an option names is absent, or the target cannot be learned.
    """
    draft = Draft(choices)
    table = clean(rows)
    names = [str(name) for name in table]
    _require_columns(table, choices)
    declared = {str(name): "category" for name in rows if rows[name].dtype == "category"}
    missing = _find_markers(table, draft)
    table = clean(table, missing)
    where = _choose_rows(table[choices.target], draft)
    if where:
        is_chosen = table[choices.target].notna() & ~table[choices.target].isin(choices.drop_class)
        table = table[is_chosen].reset_index(drop=True)
    answers = declared | dict(choices.readings)
    guesses = {name: _guess(name, table[name], answers.get(name)) for name in names}
    readings = _resolve(table, guesses, draft)
    target = _read_target(table[choices.target], guesses[choices.target], draft)
    columns = _ignore(
        [_column(table[name], readings[name]) for name in names if name != choices.target], draft
    )
    used = [each for each in columns if not each.ignored]
    if not used:
        raise PredictorError(f"No column is left beside the target {target.name!r}.")
    for each in used:
        draft.questions.extend(_doubts(table[each.name], each, guesses[each.name], choices))
    _ask_time(columns, draft)
    _note_doubts(used, draft)
    return Proposal(columns, target, missing, where, draft.notes, draft.questions)


def _require_columns(table: pd.DataFrame, choices: Choices) -> None:
    known = [str(name) for name in table]
    named = [("--target", choices.target), ("--time", choices.time), ("--group", choices.group)]
    named += [("--as", name) for name in choices.readings]
    named += [("--keep", name) for name in choices.keep]
    named += [("--drop", name) for name in choices.drop]
    for option, name in named:
        if name not in (None, *known) and not (name == "none" and option in ("--time", "--group")):
            hint = did_you_mean(str(name), known) or f"; it has {', '.join(known[:20])}"
            raise PredictorError(f"{option}: the table has no column {name!r}{hint}.")


def _find_markers(table: pd.DataFrame, draft: Draft) -> tuple[str, ...]:
    """Return the texts that mean "missing", in every column of the table."""
    choices = draft.choices
    missing: dict[str, str] = {}
    categories: dict[str, str] = {}
    names = [str(name) for name in table if _is_text(table[str(name)])]
    for name in names:
        texts = _distinct(table[name])
        texts = texts[~texts.isin(choices.missing)]
        marks = texts[texts.str.lower().isin(MARKERS | WORDS) & ~texts.isin(choices.literal)]
        if marks.empty:
            continue
        rest = texts.drop(marks.index)
        is_text = _guess_text(name, rest).readings == (TEXT,)
        for mark in marks:
            is_category = is_text and _is_category(mark, rest, is_target=name == choices.target)
            (categories if is_category else missing)[mark] = name
    for mark, name in categories.items():
        in_doubt = mark.lower() not in WORDS and mark in missing
        if in_doubt or (name == choices.target and mark.lower() in WORDS):
            where = f"; it is missing in {missing[mark]!r}" if mark in missing else ""
            answers = {
                "it is a missing value": ("--missing", mark),
                "it is a value": ("--literal", mark),
            }
            draft.ask(f"{mark!r} in {name!r} may be a value or missing{where}.", answers)
    found = (*sorted(missing), *sorted(choices.missing))
    for mark in found:
        counts = {name: int((table[name] == mark).sum()) for name in names}
        counted = ", ".join(f"{count:,} in {name}" for name, count in counts.items() if count)
        draft.note(f"{mark!r} is a missing value: {counted or 'in numbers'}.")
    return found


def _is_category(mark: str, rest: pd.Series, *, is_target: bool) -> bool:
    if mark == "NA":  # Namibia, North America
        return len(rest) >= 5 and bool(rest.str.fullmatch("[A-Z]{2}").all())
    if mark.lower() in WORDS:
        return not rest.empty and (not is_target or mark.lower() in ("none", "nil"))
    return mark == "-" and "+" in set(rest)


def _choose_rows(target: pd.Series, draft: Draft) -> str:
    """Return the expression for the rows that have a target, or "" for all rows."""
    choices, column = draft.choices, TEXT.code(str(target.name))
    unlabelled, dropped = int(target.isna().sum()), sorted(choices.drop_class)
    if unlabelled and not choices.drop_unlabelled:
        text = f"The target {target.name!r} is missing in {unlabelled:,} of {len(target):,} rows."
        answers = {"leave these rows out": ("--drop-unlabelled", "")}
        draft.ask(text, answers)
    parts = [f"{column}.notna()"] if unlabelled else []
    return " & ".join([*parts, *([f"~{column}.isin({dropped})"] if dropped else [])])


def _guess(name: str, column: pd.Series, answer: str | None) -> Guess:
    is_code = bool(CODE_NAME.search(_snake(name)))
    if not _is_text(column):
        typed = _typed(column, "category" if is_code and not answer else answer)
        is_integer = typed.function is numbers and infer_dtype(column) == "integer" and not answer
        return (guess_epoch(name, column) if is_integer else None) or Guess((typed,))
    texts = _distinct(column)
    if answer:
        return Guess((read_as(name, texts, answer),))
    guessed = _guess_text(name, texts)
    is_whole = guessed.readings[0].options == {} and guessed.readings[0].kind == "number"
    return Guess((TEXT,)) if is_code and is_whole else guessed


def _guess_text(name: str, texts: pd.Series) -> Guess:
    """Guess from a sample, and from all texts if others cannot be read in the same way."""
    if len(texts) > 2 * SAMPLE:
        guessed = guess(name, texts.sample(SAMPLE, random_state=0))
        try:
            is_code = guessed.readings[0].kind == "number" and texts.str.match(r"0\d").any()
            if len(guessed.readings) == 1 and not guessed.question and not is_code:
                guessed.readings[0].read(texts)
                return guessed
        except ValueError:
            pass
    return guess(name, texts)


def _typed(column: pd.Series, answer: str | None) -> Reading:
    kind = infer_dtype(column, skipna=True)
    if kind in ("datetime64", "datetime", "date"):
        zone = getattr(column.dtype, "tz", None)
        return Reading("time", times, says=f"without the zone {zone}" if zone else "")
    if kind == "boolean":
        return Reading("boolean", booleans, {"true": [True]})
    if answer and answer.startswith("epoch"):
        return Reading("time", times, {"format": answer})
    if kind == "integer" and not answer and set(column.dropna().unique()) == {0, 1}:
        return Reading("boolean", booleans, {"true": [1]})
    if kind in ("integer", "floating", "mixed-integer-float", "decimal") and answer != "category":
        return Reading("number", numbers)
    return Reading("category", labels)


def _resolve(table: pd.DataFrame, guesses: dict[str, Guess], draft: Draft) -> dict[str, Reading]:
    """Choose between readings by the columns that have only one, else ask for the first."""
    traits = {_trait(guess.readings[0], table[name]) for name, guess in guesses.items()
              if len(guess.readings) == 1}  # fmt: skip
    chosen = {name: guess.readings[0] for name, guess in guesses.items()}
    for name, guessed in guesses.items():
        if len(guessed.readings) == 1 or name in draft.choices.drop:
            continue
        options = {_trait(each): each for each in guessed.readings}
        seen = [trait for trait in options if trait in traits]
        if len(seen) == 1:
            chosen[name] = options[seen[0]]
            says = chosen[name].says or "with a decimal point"
            draft.note(f"{name!r} is read {says}, as other columns are.")
            continue
        texts = table[name].dropna().drop_duplicates().head(2)
        answers = {
            f"{', '.join(texts)} is {', '.join(map(_show, each.read(texts)))}": (
                "--as",
                f"{name}={each.answer}",
            )
            for each in guessed.readings
        }
        draft.ask(f"{name!r} can be read in more than one way.", answers)
        traits.add(_trait(guessed.readings[0]))  # the answer decides the other columns too
    return chosen


def _trait(reading: Reading, column: pd.Series | None = None) -> str:
    """Return what other columns of a file have in common with a notation, or ""."""
    if reading.kind == "time":
        return str(reading.options.get("format", ""))[:2]
    if reading.function is not numbers or (column is not None and not _is_text(column)):
        return ""
    decimal = str(reading.options.get("decimal", "."))
    marks = decimal + str(reading.options.get("thousands", ""))
    is_used = column is None or column.str.contains(f"[{marks}]", regex=True).any()
    return decimal if is_used else ""


def _read_target(column: pd.Series, guessed: Guess, draft: Draft) -> Column:
    choices, name = draft.choices, str(column.name)
    reading, counts = guessed.readings[0], column.value_counts()
    if len(counts) < 2:
        raise PredictorError(
            f"The target {name!r} has {len(counts)} different values: at least 2 are needed."
        )
    if guessed.question:
        answers = {
            key: each for key, each in guessed.question.answers.items() if each[0] != "--drop"
        }
        draft.ask(guessed.question.text, answers)
        return _column(column, reading)
    if reading.kind == "time":
        raise PredictorError(f"The target {name!r} is a time: choose a number, or categories.")
    if (
        reading.kind == "boolean"
        or (len(counts) == 2 and name not in choices.readings)
        or choices.positive
    ):
        return _column(column, _read_labels(column, reading, draft))
    if reading.kind == "number":
        reading = _classes_or_number(column, reading, draft)
    if reading.kind == "category":
        _check_classes(counts, name, draft)
    target = _column(column, reading)
    if target.kind != "category" and not np.abs(target.values).max() <= FLOAT32:
        raise PredictorError(f"The target {name!r} has infinite values or values above 3e38.")
    return target


def _read_labels(column: pd.Series, reading: Reading, draft: Draft) -> Reading:
    """Read the two labels of a target; True is the case to act on."""
    positive, found = draft.choices.positive, column.value_counts()
    labels_ = [str(label) for label in found.index]
    if reading.kind == "boolean":
        true = reading.options["true"]
        if positive is None or positive in map(str, true):
            return reading
        if positive in labels_:
            return replace(
                reading, options={"true": [each for each in found.index if each not in true]}
            )
    if len(found) != 2 or positive not in (None, *labels_):
        raise PredictorError(
            f"--positive {positive!r} must be one of two labels; {column.name!r} has "
            f"{', '.join(labels_[:5])}{did_you_mean(str(positive), labels_)}."
        )
    if positive is None:
        answers = {
            f"True is {label!r} ({count:,} rows)": ("--positive", str(label))
            for label, count in found.items()
        }
        draft.ask(f"Which label of {column.name!r} is the case to act on?", answers)
    true = found.index[-1] if positive is None else found.index[labels_.index(positive)]
    true = true.item() if hasattr(true, "item") else true
    return Reading("boolean", booleans, {"true": [true]})


def _classes_or_number(column: pd.Series, reading: Reading, draft: Draft) -> Reading:
    """Few whole numbers may be classes: 0, 1, 2 are; others, such as grades, are asked."""
    name, values = str(column.name), reading.read(column)
    distinct = sorted(values.unique())
    as_classes = TEXT if _is_text(column) else Reading("category", labels)
    if name in draft.choices.readings or len(distinct) > 10 or (values % 1 != 0).any():
        return reading
    if distinct == [0, 1, 2]:
        draft.note(f"The target {name!r} has the classes 0, 1, 2 (--as {name}=number).")
        return as_classes
    text = f"The target {name!r} has only {len(distinct)} different whole numbers."
    answers = {
        "they are amounts, such as a grade": ("--as", f"{name}=number"),
        "they are classes": ("--as", f"{name}=category"),
    }
    draft.ask(text, answers)
    return reading


def _check_classes(counts: pd.Series, name: str, draft: Draft) -> None:
    if len(counts) > MOST_CLASSES:
        raise PredictorError(
            f"The target {name!r} has {len(counts):,} different texts, such as "
            f"{counts.index[0]!r}: at most {MOST_CLASSES} classes can be learned."
        )
    fewest = draft.choices.min_class_rows
    rare = {str(label): int(count) for label, count in counts.items() if count < fewest}
    if rare:
        found = ", ".join(f"{label!r} ({count})" for label, count in rare.items())
        answers = {f"leave the rows of {label!r} out": ("--drop-class", label) for label in rare}
        answers["keep them"] = ("--min-class-rows", str(min(rare.values())))
        text = f"Classes of {name!r} have fewer than {fewest} rows: {found}."
        draft.ask(text, answers)


def _column(column: pd.Series, reading: Reading) -> Column:
    name = str(column.name)
    values, code = reading.read(column), reading.code(name)
    known = values.dropna()
    kind: Kind = reading.kind
    low = high = None
    names: tuple[str, ...] = ()
    if kind == "number":
        if _is_whole(column, values, reading):
            kind, values, code = "integer", values.astype("int64"), f'{code}.astype("int64")'
        low, high = _range(known, kind, reading.unit)
    elif kind == "category":
        counts = known.value_counts()
        if 0 < len(counts) <= MOST_NAMES and counts.min() >= 5:
            names = tuple(sorted(counts.index))
    why = _why(kind, known, reading, len(values) - len(known))
    return Column(name, kind, values, code, why, reading.unit, low=low, high=high, names=names)


def _is_whole(column: pd.Series, values: pd.Series, reading: Reading) -> bool:
    if values.isna().any() or reading.function is not numbers or not (values % 1 == 0).all():
        return False
    if not _is_text(column):
        return infer_dtype(column) == "integer"
    decimal = reading.options.get("decimal", ".")
    return not column.str.contains(decimal, regex=False).any() and values.abs().max() < 2**53


def _range(known: pd.Series, kind: Kind, unit: str) -> tuple[float | None, float | None]:
    """Return a range half as wide again, in round numbers, that respects what never occurs."""
    if known.empty or not np.isfinite(known).all():
        return None, None
    low, high = float(known.min()), float(known.max())
    top = {"%": 100.0, "minutes": 1440.0}.get(unit, 1.0 if kind == "number" and high > 0.9 else 0)
    if low >= 0 and high <= top:
        return 0.0, top
    margin = max((high - low) / 4, abs(high) / 10, 1e-300)
    step = 10.0 ** math.floor(math.log10(margin))
    step = max(step, 1.0) if kind == "integer" else step
    bottom, above = (
        math.floor((low - margin) / step) * step,
        math.ceil((high + margin) / step) * step,
    )
    bottom = 0.0 if low >= 0 > bottom else bottom
    return min(float(f"{bottom:.12g}"), low), max(float(f"{above:.12g}"), high)


def _why(kind: Kind, known: pd.Series, reading: Reading, missing: int) -> str:
    absent = f", {missing:,} missing" if missing else ""
    says = f" {reading.says}" if reading.says else ""
    unit = f", in {reading.unit}" if reading.unit else ""
    if known.empty:
        return "empty"
    if kind == "boolean":
        true = ", ".join(map(str, reading.options["true"]))
        return f"boolean: True is {true} in {known.sum():,} of {len(known):,}{absent}"
    if kind == "category":
        counts = known.value_counts()
        return f"category: {len(counts):,} values, mostly {counts.index[0]!r}{absent}"
    return f"{kind}: {_show(known.min())} to {_show(known.max())}{says}{unit}{absent}"


def _ignore(columns: list[Column], draft: Draft) -> list[Column]:
    choices = draft.choices
    names = {each.name for each in columns}
    parts = {f"{each.name}.{part}" for each in columns if each.kind == "time" for part in PARTS}
    found = []
    for each in columns:
        reason = "" if each.name in choices.keep else _reason(each, draft)
        if each.name in parts & names:
            reason = "the name of a part of a time"
        if each.name == choices.time:
            reason = ""
        reason = "given by --drop" if each.name in choices.drop else reason
        if reason and each.name not in choices.drop:
            draft.note(f"{each.name!r} is ignored: {reason} (--keep {each.name}).")
        found.append(replace(each, ignored=reason))
    return found


def _reason(column: Column, draft: Draft) -> str:
    """Return why a column cannot be a feature, or ""."""
    known = column.values.dropna()
    if known.empty:
        return "empty"
    distinct = known.nunique()
    if distinct == 1 and len(known) == len(column.values):
        return "constant"
    if column.kind in ("number", "integer") and (reason := _number_reason(column, known, distinct)):
        return reason
    share = distinct / len(known)
    if column.kind not in ("category", "integer") or distinct <= 20:
        return ""
    if ID_NAME.search(_snake(column.name)) and distinct > 50:
        if share < 0.7:
            option = f"--group {column.name}"
            draft.note(f"Rows with the same {column.name!r} may belong together: {option}.")
        return "identifier"
    if column.kind == "integer":
        return ""
    if known.str.len().mean() > 40 and share > 0.5:
        return "free text"
    return "identifier" if share >= 0.7 or known.str.fullmatch(HASH).all() else ""


def _number_reason(column: Column, known: pd.Series, distinct: int) -> str:
    name, largest = _snake(column.name), known.abs().max()
    if not largest <= FLOAT32:
        return f"values beyond 3e38 (row {known.abs().idxmax():,})"
    if column.kind == "number":
        return ""
    is_dense = known.max() - known.min() == distinct - 1 or known.is_monotonic_increasing
    is_running = (is_dense or INDEX_NAME.search(name)) and "year" not in name
    if is_running and distinct == len(column.values) >= 10:
        return "running number"
    return "identifier" if largest > 2**53 else ""


def _doubts(
    column: pd.Series, found: Column, guessed: Guess, choices: Choices
) -> Iterable[Question]:
    if guessed.question and found.name not in choices.readings:
        yield guessed.question
    if found.kind not in ("number", "integer"):
        return
    for sentinel in SENTINELS & {found.values.min(), found.values.max()}:
        rest = found.values[found.values != sentinel].dropna()
        gap = min(abs(sentinel - rest.min()), abs(sentinel - rest.max())) if len(rest) else 0
        texts = column[found.values == sentinel]
        text = str(texts.iloc[0]) if _is_text(column) else f"{sentinel:g}"
        if len(rest) and gap > rest.max() - rest.min() and text not in choices.literal:
            count = int((found.values == sentinel).sum())
            others = f"{rest.min():g} to {rest.max():g}"
            asked = f"{found.name!r} is {text} in {count:,} rows, and {others} in the others."
            answers = {
                "it is a missing value": ("--missing", text),
                "it is a number": ("--literal", text),
            }
            yield Question(asked, answers)


def _ask_time(columns: list[Column], draft: Draft) -> None:
    choices = draft.choices
    usable = {
        each.name: each
        for each in columns
        if each.kind == "time"
        and not each.ignored
        and each.values.notna().all()
        and each.values.nunique() > 1
    }
    if choices.time not in (None, "none", *usable):
        raise PredictorError(
            f"--time: {choices.time!r} is not a time in every row; --as {choices.time}=FORMAT says "
            "how it is read."
        )
    if choices.time is None and usable:
        answers = {
            f"split by {name}: the newest rows are the test set": ("--time", name)
            for name in usable
        }
        answers["split at random"] = ("--time", "none")
        draft.ask("The table has times: must the model work on later rows?", answers)


def _note_doubts(columns: list[Column], draft: Draft) -> None:
    numbers_ = [each for each in columns if each.kind in ("number", "integer")]
    numbers_ = [each for each in numbers_ if each.values.nunique() <= 10]
    few = [each.name for each in numbers_ if (each.values.dropna() % 1 == 0).all()]
    if few:
        draft.note(f"Whole numbers are amounts: {', '.join(few)}; for codes, --as NAME=category.")
    for each in columns:
        if each.kind == "category" and (alike := _alike(each.values.dropna().unique())):
            draft.note(f"{each.name!r} has texts that may be one: {', '.join(alike[:4])}.")
        if each.kind == "category" and each.values.str.match(r"[<>~]?\d").mean() > 0.8:
            example = each.values.dropna().iloc[0]
            draft.note(
                f"{each.name!r} is read as text, although it has digits, such as {example!r}."
            )
        if each.values.isna().mean() > 0.5:
            draft.note(f"{each.name!r} is missing in {each.values.isna().mean():.0%} of the rows.")
    if alike := _alike([each.name for each in columns]):
        draft.note(f"Names differ only in case or blanks: {', '.join(alike)}.")


def _alike(texts: Iterable[str]) -> list[str]:
    """Return the texts that differ from another one only in case or blanks."""
    known = pd.Series(list(texts), dtype="str")
    bare = known.str.casefold().str.replace(" ", "", regex=False)
    return [repr(text) for text in known[bare.duplicated(keep=False)]]


def _is_text(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.StringDtype)


def _distinct(column: pd.Series) -> pd.Series:
    return column.dropna().drop_duplicates().reset_index(drop=True)


def _snake(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", words).strip("_").lower()


def _show(value: object) -> str:
    return f"{value:,.10g}" if isinstance(value, float | int) else str(value)
