"""How the text of a column can be read: as numbers, times, two labels or categories."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import pandas as pd

from predictor.errors import PredictorError
from scaffold.choices import Question
from scaffold.values import booleans, minutes, numbers, times

Kind = Literal["number", "integer", "boolean", "category", "time"]

TRUE = ("1", "yes", "true", "y", "t", "ja", "oui", "1.0", "on")
FALSE = ("0", "no", "false", "n", "f", "nein", "non", "0.0", "off")
CURRENCY = (
    r"(?:US|R|C|A)?\$|[€£¥₹₩₽]|EUR|USD|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL"
    r"|Rs\.?|kr\.?"
)
# A unit of one letter needs a blank: `12 m` is a length, `12B` a code.
NUMBER = re.compile(
    rf"\(?[-+\u2212]?\s*(?P<before>{CURRENCY})?\s*[-+\u2212]?"
    r"(?P<body>(?:\d(?:[\d.,'\u2019\s]*\d)?|[.,]\d+)\.?(?:[eE][-+]?\d+)?)-?"
    rf"(?P<after>\s*(?:%|‰|°\s?[CF]?|{CURRENCY}|[^\W\d_]{{2,12}}(?:/\w+)?)|\s+[^\W\d_](?:/\w+)?)?\)?"
)
CODE = re.compile(r"\+?0\d.*|\+\d{9,}|.*\d{16,}.*")  # 02139, a phone number, an id of 64 bits
NOT_UNITS = {"st", "nd", "rd", "th", "am", "pm", "t"}
PLAIN = r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][-+]?\d+)?"
NOTATIONS = (
    *(("", "."), ("", ","), (",", "."), (".", ",")),
    *((" ", "."), (" ", ","), ("'", "."), ("'", ",")),
)
ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"
DAYS = (
    *("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%Y/%m/%d"),
    *("%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%Y.%m.%d", "%Y-%m-%d", "%Y%m%d", "%Y-%m"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%a, %d %b %Y", "%A, %B %d, %Y"),
)
CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
FORMATS = [day + clock for day, clock in product(DAYS, ("", *(f" {each}" for each in CLOCKS)))]
EPOCH = {"epoch s": 1, "epoch ms": 1000}
TIME_NAME = re.compile(r"time|date|epoch|created|updated|(^|_)(ts|at)$", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """A function of values.py with its options, or the column as it is."""

    kind: Kind
    function: Callable[..., Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    says: str = ""  # what is special about the notation, such as "with a decimal comma"
    unit: str = ""
    answer: str = ""  # its name in `--as COLUMN=...`

    def read(self, column: pd.Series) -> pd.Series:
        """Return the values of a column that `clean` returned."""
        return column if self.function is None else self.function(column, **self.options)

    def code(self, name: str) -> str:
        """Return the expression for data.py that reads the column `name` of `table`."""
        column = f"table[{json.dumps(name, ensure_ascii=False)}]"
        if self.function is None:
            return column
        options = [f"{key}={_literal(value)}" for key, value in self.options.items()]
        return f"{self.function.__name__}({', '.join([column, *options])})"


@dataclass(frozen=True)
class Guess:
    """The readings that fit, of which the first is used, and why a person may disagree."""

    readings: tuple[Reading, ...]
    question: Question | None = None


TEXT = Reading("category", answer="category")


def guess(name: str, texts: pd.Series) -> Guess:
    """Return how a column with these distinct texts can be read; several readings differ."""
    known = sorted({text.lower() for text in texts})
    if len(known) == 2 and known in [sorted(pair) for pair in zip(TRUE, FALSE, strict=True)]:
        true = sorted(text for text in texts if text.lower() in TRUE)
        return Guess((Reading("boolean", booleans, {"true": true}, answer="boolean"),))
    if texts.empty:
        return Guess((TEXT,))
    if not texts.str.fullmatch(PLAIN).all() or texts.str.fullmatch(r"\d{8}").all():
        return _guess_times(name, texts) or _guess_numbers(name, texts) or Guess((TEXT,))
    return _guess_numbers(name, texts) or Guess((TEXT,))


def read_as(name: str, texts: pd.Series, answer: str) -> Reading:
    """Return the reading of `--as`.

    Raises:
        PredictorError: the texts cannot be read so.
    """
    if answer == "category":
        return TEXT
    guessed = guess(name, texts).readings
    if answer in ("number", "number,") and (found := _guess_numbers("", texts)):
        guessed = found.readings
    if fits := [each for each in guessed if each.answer.startswith(answer.rstrip(","))]:
        return next((each for each in fits if each.answer == answer), fits[0])
    reading = Reading("time", times, {"format": answer}, answer=answer)
    if "%" in answer or answer in EPOCH:
        try:
            reading.read(texts)
        except ValueError as error:
            raise PredictorError(f"--as {name}={answer}: {error}.") from error
        return reading
    raise PredictorError(
        f"--as {name}={answer}: its values are such as {texts.head(3).tolist()}; the readings are "
        "number, `number,` (decimal comma), category, boolean, a time such as %d/%m/%Y, epoch s "
        "and epoch ms."
    )


def _guess_times(name: str, texts: pd.Series) -> Guess | None:
    if not texts.head(100).str.contains(r"\d").all():
        return None
    if texts.str.fullmatch(ISO).all():
        return _guess_iso(name, texts)
    first = str(texts.iloc[0])
    formats = [form for form in FORMATS if _fits(first, form)]
    formats += [form for form in CLOCKS if _fits(first, form)]
    parsed = {form: _parse(texts, form) for form in formats}
    parsed = {form: values for form, values in parsed.items() if values.notna().all()}
    if clock := next((form for form in CLOCKS if form in parsed), None):
        options, says = {"format": clock}, "as minutes after midnight"
        return Guess((Reading("number", minutes, options, says, "minutes", "number"),))
    readings = [
        Reading("time", times, {"format": form}, f"in the format {form}", answer=form)
        for i, form in enumerate(parsed)
        if not any(parsed[form].equals(each) for each in list(parsed.values())[:i])
    ]
    if readings:
        return Guess(tuple(readings))
    return _mixed_times(name, texts) if formats or re.fullmatch(ISO, first) else None


def _guess_iso(name: str, texts: pd.Series) -> Guess:
    offsets = sorted(set(texts.str.extract(ISO)[0].fillna("none")))
    if len(offsets) > 1 and "none" in offsets:
        text = f"{name!r} has times with and without an offset from UTC."
        return Guess((TEXT,), Question(text, _otherwise(name)))
    if len(offsets) > 1:
        return Guess((Reading("time", times, {"utc": True}, "converted to UTC"),))
    says = f"without the offset {offsets[0]}" if offsets != ["none"] else ""
    return Guess((Reading("time", times, {}, says),))


def _mixed_times(name: str, texts: pd.Series) -> Guess | None:
    rest, examples = texts.head(200), []
    for form in ("ISO8601", *FORMATS):
        fits = rest.str.fullmatch(ISO) if form == "ISO8601" else _parse(rest, form).notna()
        examples += rest[fits].head(1).tolist()
        rest = rest[~fits]
    if len(rest) or len(examples) < 2:
        return None
    text = f"{name!r} has dates in several formats, such as {examples[0]!r} and {examples[1]!r}."
    return Guess((TEXT,), Question(text, _otherwise(name)))


def _fits(text: str, form: str) -> bool:
    try:
        time.strptime(text, form)
    except ValueError:
        return False
    return True


def _parse(texts: pd.Series, form: str) -> pd.Series:
    return pd.to_datetime(texts, format=form, errors="coerce")


def _guess_numbers(name: str, texts: pd.Series) -> Guess | None:
    is_in_doubt = texts.str.fullmatch(r".*\.\d{3}|-?\d{1,3}").all()  # 1.234
    has_point = texts.str.contains(".", regex=False).any()
    if texts.str.fullmatch(PLAIN).all() and not (is_in_doubt and has_point):
        return guess_epoch(name, texts) or Guess((Reading("number", numbers, answer="number"),))
    if not _is_mostly_numbers(texts.head(1000)):
        return None
    matches = texts.map(NUMBER.fullmatch)
    fits = matches.notna()
    if not _is_mostly_numbers(texts) or texts[fits].map(CODE.fullmatch).notna().any():
        return None
    before, bodies, after = (
        matches[fits].map(lambda match, part=part: (match[part] or "").strip())
        for part in ("before", "body", "after")
    )
    units = sorted({*before, *after} - {""})
    names = {unit.casefold().removesuffix("s") for unit in units}
    if len(names) > 4 or names & NOT_UNITS:
        return None
    readings = _notations(texts[fits], bodies.astype("str"), units)
    odd = texts[~fits].tolist()
    if readings and odd:
        answers = {f"{text!r} is a missing value": ("--missing", text) for text in odd}
        text = f"{name!r} has numbers, but also {', '.join(map(repr, odd))}."
        return Guess((TEXT,), Question(text, answers | _otherwise(name)))
    if readings and (len(names) > 1 or ("%" in units and (before + after == "").any())):
        found = ", ".join([*units, *(["none"] if (before + after == "").any() else [])])
        same = {"the units mean the same": ("--as", f"{name}={readings[0].answer}")}
        text = f"{name!r} has numbers with several units: {found}."
        return Guess(readings, Question(text, same | _otherwise(name)))
    return Guess(readings) if readings else None


def guess_epoch(name: str, texts: pd.Series) -> Guess | None:
    """Return the reading of plausible seconds or milliseconds, if the name says time."""
    values = pd.to_numeric(texts)
    for answer, unit in EPOCH.items():
        if (
            TIME_NAME.search(name)
            and values.between(unit * 631_152_000, unit * 2_051_222_400).all()
        ):
            says = f"in {answer.removeprefix('epoch ')} since 1970"
            return Guess((Reading("time", times, {"format": answer}, says, answer=answer),))
    return None


def _is_mostly_numbers(texts: pd.Series) -> bool:
    odd = sum(NUMBER.fullmatch(text) is None for text in texts)
    return odd <= min(3, len(texts) / 5)


def _notations(texts: pd.Series, bodies: pd.Series, units: list[str]) -> tuple[Reading, ...]:
    """Return the readings with different values; plain numbers such as `12` have just one."""
    found: list[tuple[Reading, pd.Series]] = []
    for thousands, decimal in NOTATIONS:
        group = {"": "", " ": r"\s", "'": r"['\u2019]"}.get(thousands, f"[{thousands}]")
        grouped = rf"|[1-9]\d{{0,2}}(?:{group}\d{{2,3}})*{group}\d{{3}}" if group else ""
        whole = rf"(?:0|[1-9]\d*{grouped})"
        form = rf"(?:{whole}(?:[{decimal}]\d*)?|[{decimal}]\d+)(?:[eE][-+]?\d+)?"
        if not bodies.map(re.compile(form).fullmatch).notna().all():
            continue
        options: dict[str, Any] = {"decimal": decimal} if decimal == "," else {}
        options |= {"thousands": thousands} if thousands else {}
        options |= {"units": units} if units else {}
        says = "with a decimal comma" if decimal == "," and bodies.str.contains(",").any() else ""
        answer = "number," if decimal == "," else "number"
        reading = Reading("number", numbers, options, says, ", ".join(units[:1]), answer)
        values = reading.read(texts)
        if not any(values.equals(other) for _, other in found):
            found.append((reading, values))
    # 999 beside 1,234: a decimal comma would have cut zeros of other numbers too
    is_short = bodies.str.fullmatch(r"\d{1,3}").any() and not bodies.str.fullmatch(r"\d{4,}").any()
    if len(found) > 1 and is_short:
        found = [each for each in found if each[0].options.get("thousands") == ","] or found
    return tuple(reading for reading, _ in found)


def _otherwise(name: str) -> dict[str, tuple[str, str]]:
    return {"read it as text": ("--as", f"{name}=category"), "ignore it": ("--drop", name)}


def _literal(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
