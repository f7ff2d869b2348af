"""How the text of a column can be read: as numbers, times, two labels or categories."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import pandas as pd

from predictor.errors import PredictorError
from scaffold.project.values import booleans, minutes, numbers, times

Kind = Literal["number", "integer", "boolean", "category", "time"]

TRUE = ("1", "yes", "true", "y", "t", "ja", "oui", "1.0", "on")
FALSE = ("0", "no", "false", "n", "f", "nein", "non", "0.0", "off")
CURRENCY = (
    r"(?:US|R|C|A)?\$|[€£¥₹₩₽]|EUR|USD|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL"
    r"|Rs\.?|kr\.?"
)
# A unit of one letter needs a blank: `12 m` is a length, `12B` a code. +491701234567 is a phone.
NUMBER = (
    rf"(?!\+\d{{9}})\(?[-+\u2212]?\s*(?P<before>{CURRENCY})?\s*[-+\u2212]?"
    r"(?P<body>(?:\d(?:[\d.,'\u2019\s]*\d)?|[.,]\d+)\.?(?:[eE][-+]?\d+)?)-?"
    rf"(?P<after>\s*(?:%|‰|°\s?[CF]?|{CURRENCY}|[^\W\d_]{{2,12}}(?:/\w+)?)|\s+[^\W\d_](?:/\w+)?)?\)?"
)
NOT_UNITS = {"st", "nd", "rd", "th", "am", "pm", "t"}
# Numbers have no leading zero (02139), and at most 15 digits (more are identifiers).
PLAIN = r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][-+]?\d+)?"
SEPARATORS = {",": "[,]", ".": "[.]", " ": "[ \u00a0\u202f]", "'": "['\u2019]"}  # of thousands
NOTATIONS = [pair for pair in product(["", *SEPARATORS], ".,") if pair[0] != pair[1]]
ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"
DAYS = (
    *("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%Y/%m/%d"),
    *("%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%Y.%m.%d", "%Y-%m-%d", "%Y%m%d", "%Y-%m"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%a, %d %b %Y", "%A, %B %d, %Y"),
)
CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
TIME_NAME = re.compile(r"time|date|epoch|created|updated|(^|_)(ts|at)$", re.IGNORECASE)
SAMPLE = 5000


@dataclass(frozen=True)
class Reading:
    """A function of values.py with its options, or the column as it is."""

    kind: Kind
    function: Callable[..., Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    says: str = ""  # what is special about the notation, such as "with a decimal comma"
    unit: str = ""
    answer: str = ""  # its name in `--as COLUMN=...`
    notation: str = ""  # what other columns of a file have in common: ".", ",", "%d" or "%m"
    others: tuple[str, ...] = ()  # the few texts among numbers

    def read(self, column: pd.Series) -> pd.Series:
        """Return the values of a column that `clean` returned."""
        return column if self.function is None else self.function(column, **self.options)

    def code(self, name: str) -> str:
        """Return the expression for data.py that reads the column `name` of `table`."""
        options = [f"{key}={value!r}" for key, value in self.options.items()]
        arguments = ", ".join([f"table[{name!r}]", *options])
        return f"{self.function.__name__}({arguments})" if self.function else arguments


TEXT = Reading("category", answer="category")
CLOCK_TIMES = [
    Reading("number", minutes, {"format": form}, "after midnight", "minutes", "number")
    for form in CLOCKS
]


def _time(form: str) -> Reading:
    return Reading("time", times, {"format": form}, f"in the format {form}", "", form, form[:2])


EPOCH_TIMES = [_time("epoch s"), _time("epoch ms")]
TIMES = [_time(f"{day} {clock}".strip()) for day, clock in product(DAYS, ("", *CLOCKS))]


def guess(texts: pd.Series) -> list[Reading]:
    """Return the readings of a column with these distinct texts; each gives other values."""
    if len(texts) > 2 * SAMPLE:
        found = guess(texts.sample(SAMPLE, random_state=0))  # what fits all fits the sample
        is_quick = found[0].kind == "time" or texts.str.fullmatch(PLAIN).all()
        if found == [TEXT] or (len(found) == 1 and is_quick and _fitting(found, texts)):
            return found
    if texts.empty:
        return [TEXT]
    known = set(texts.str.lower())
    if known in [set(pair) for pair in zip(TRUE, FALSE, strict=True)]:
        options = {
            "true": sorted(text for text in texts if text.lower() in TRUE),
            "false": sorted(text for text in texts if text.lower() in FALSE),
        }
        return [Reading("boolean", booleans, options, answer="boolean")]
    is_plain = texts.str.fullmatch(PLAIN).all() and not texts.str.fullmatch(r"\d{8}").all()
    return (not is_plain and _guess_times(texts)) or _guess_numbers(texts) or [TEXT]


def read_as(name: str, texts: pd.Series, answer: str) -> Reading:
    """Return the reading of `--as`, or raise PredictorError if it does not fit."""
    candidates = [TEXT, *guess(texts), *_guess_numbers(texts)]
    if "%" in answer or "epoch" in answer:
        candidates += _fitting([_time(answer)], texts)
    fits = [each for each in candidates if each.answer.rstrip(",") == answer.rstrip(",")]
    if fits:
        return min(fits, key=lambda each: each.answer != answer)
    raise PredictorError(
        f"--as {name}={answer} does not fit {texts.head(3).tolist()}; there are number, `number,` "
        "(decimal comma), category, boolean, epoch s, epoch ms, and times such as %d/%m/%Y."
    )


def epochs(name: str, column: pd.Series) -> list[Reading]:
    """Return the reading of plausible seconds or milliseconds since 1970, if the name says time."""
    found = _fitting(EPOCH_TIMES if TIME_NAME.search(name) else [], column)
    return [each for each in found if each.read(column).between("1990", "2035").all()]


def _guess_times(texts: pd.Series) -> list[Reading]:
    if not texts.head(100).str.contains(r"\d").all():
        return []
    if texts.str.fullmatch(ISO).all():
        offsets = texts.str.extract(ISO)[0]
        reading = Reading("time", times, says="without its offset" if offsets.any() else "")
        if offsets.nunique() > 1 and offsets.notna().all():
            reading = Reading("time", times, {"utc": True}, "converted to UTC")
        return _fitting([reading], texts)
    marks = re.sub(r"\w", "", texts.iloc[0])  # without this, 200 formats take 0.1 s
    likely = [each for each in TIMES if re.sub(r"%?\w", "", each.answer) == marks]
    return _fitting(CLOCK_TIMES, texts)[:1] or _fitting(likely, texts)


def _guess_numbers(texts: pd.Series) -> list[Reading]:
    parts = texts.str.extract(f"^(?:{NUMBER})$")
    others = tuple(texts[parts["body"].isna()])
    texts, parts = texts[parts["body"].notna()], parts.dropna(subset="body")
    bodies, affixes = parts["body"], parts[["before", "after"]]
    found = sorted({unit.strip() for part in affixes for unit in affixes[part].dropna()})
    units = {unit.casefold().removesuffix("s"): unit for unit in reversed(found)}
    if len(others) > min(3, len(texts) / 4) or len(units) > 4 or NOT_UNITS & set(units):
        return []
    is_mixed = len(units) > 1 or ("%" in units and affixes.isna().all(axis="columns").any())
    used, unit = "".join(bodies), ", ".join(sorted(units.values()))
    has_mark = re.search("[.,]", used)
    readings = []
    for thousands, decimal in NOTATIONS:
        is_used = not thousands or re.search(SEPARATORS[thousands], used)
        if is_used and bodies.str.fullmatch(_form(thousands, decimal)).all():
            given = {"decimal": decimal.strip("."), "thousands": thousands, "units": found}
            options = {key: value for key, value in given.items() if value}
            answer, mark = f"number{decimal}".rstrip("."), decimal if has_mark else ""
            says = "with a decimal comma" if mark == "," else ""
            readings.append(Reading("number", numbers, options, says, unit, answer, mark, others))
    fits = _fitting(readings, texts)
    if bodies.str.fullmatch(r"\d{1,3}").any() and not bodies.str.fullmatch(r"\d{4,}").any():
        # 999 beside 1,234: a decimal comma would have cut zeros of other numbers too
        fits = [each for each in fits if each.options.get("thousands") == ","] or fits
    return [*fits, TEXT] if fits and is_mixed else fits


def _form(thousands: str, decimal: str) -> str:
    """Return the pattern of a number in this notation."""
    group = SEPARATORS.get(thousands)
    grouped = rf"|[1-9]\d{{0,2}}(?:{group}\d{{2,3}})*{group}\d{{3}}" if group else ""
    whole = rf"(?:0|[1-9]\d{{0,14}}{grouped})"
    return rf"(?:{whole}(?:[{decimal}]\d*)?|[{decimal}]\d+)(?:[eE][-+]?\d+)?"


def _fitting(readings: Iterable[Reading], texts: pd.Series) -> list[Reading]:
    """Return the readings that raise no error, without those whose values are not new."""
    found: list[tuple[Reading, pd.Series]] = []
    for reading in readings:
        try:
            values = reading.read(texts)
        except ValueError:
            continue
        if not any(values.equals(others) for _, others in found):
            found.append((reading, values))
    return [reading for reading, _ in found]
