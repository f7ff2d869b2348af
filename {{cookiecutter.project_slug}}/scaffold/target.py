"""How the target is read, and what to ask about it."""

import numpy as np
import pandas as pd

from predictor.errors import PredictorError
from scaffold.choices import Choices, Question
from scaffold.project.values import booleans
from scaffold.readings import TEXT, Reading

FLOAT32 = float(np.finfo(np.float32).max)


def choose_rows(
    table: pd.DataFrame, choices: Choices, questions: list[Question]
) -> tuple[pd.DataFrame, str]:
    """Return the rows with a target, and the expression for them in data.py, "" for all rows."""
    target, column = table[choices.target], f"table[{choices.target!r}]"
    unlabelled, dropped = int(target.isna().sum()), sorted(choices.drop_class)
    if unlabelled and not choices.drop_unlabelled:
        text = f"The target {target.name!r} is missing in {unlabelled:,} of {len(target):,} rows."
        questions.append(Question(text, {"leave these rows out": ("--drop-unlabelled", "")}))
    parts = [f"{column}.notna()"] if unlabelled else []
    parts += [f"~{column}.isin({dropped})"] if dropped else []
    table = table[target.notna() & ~target.isin(dropped)]
    return table.reset_index(drop=True), " & ".join(parts)


def read_target(
    column: pd.Series, reading: Reading, choices: Choices, questions: list[Question]
) -> Reading:
    """Return how the target is read, or raise PredictorError if it cannot be learned."""
    name, counts = str(column.name), {str(key): n for key, n in column.value_counts().items()}
    if len(counts) < 2:
        raise PredictorError(f"The target {name!r} has {len(counts)} different values, not 2.")
    if reading.kind == "time":
        raise PredictorError(f"The target {name!r} is a time: choose a number, or categories.")
    if reading.kind == "number" and not reading.read(column).abs().max() <= FLOAT32:
        raise PredictorError(f"The target {name!r} has infinite values or values above 3e38.")
    is_pair = len(counts) == 2 and name not in choices.readings
    if reading.kind == "boolean" or is_pair or choices.positive:
        return _read_labels(counts, reading, choices, questions)
    if reading.kind == "category":
        _check_classes(counts, choices, questions)
    return reading


def classes_or_number(known: pd.Series, number: Reading) -> list[Reading]:
    """Return the readings of a target: 0, 1, 2 are classes, other few whole numbers may be."""
    values = set(number.read(known))
    if len(values) > 10 or len(values) == 2 or any(each % 1 for each in values):
        return [number]
    return [TEXT] if values == {0, 1, 2} else [number, TEXT]


def _read_labels(
    counts: dict[str, int], reading: Reading, choices: Choices, questions: list[Question]
) -> Reading:
    """Read the labels of a target as True, for the case to act on, and False."""
    name, found, positive = choices.target, list(counts), choices.positive
    is_known = reading.kind == "boolean"
    if positive not in (None, *found) or (len(found) != 2 and not is_known):
        raise PredictorError(f"--positive must be one of two labels of {name!r}: {found[:5]}.")
    if positive is None and not is_known:
        answers = {
            f"True is {label!r} ({count:,} rows)": ("--positive", label)
            for label, count in counts.items()
        }
        questions.append(Question(f"Which label of {name!r} is the case to act on?", answers))
    true = reading.options["true"] if is_known else found[1:]  # the rarer label
    false = reading.options["false"] if is_known else found[:1]
    if positive and positive not in true:
        true, false = false, true
    return Reading("boolean", booleans, {"true": true, "false": false})


def _check_classes(counts: dict[str, int], choices: Choices, questions: list[Question]) -> None:
    name = choices.target
    if len(counts) > 50:
        raise PredictorError(f"{name!r} has {len(counts):,} labels; at most 50 classes are usable.")
    rare = {label: count for label, count in counts.items() if count < choices.min_class_rows}
    if rare:
        found = ", ".join(f"{label!r} ({count})" for label, count in rare.items())
        answers = {f"leave the rows of {label!r} out": ("--drop-class", label) for label in rare}
        answers["keep them"] = ("--min-class-rows", str(min(rare.values())))
        text = f"Classes of {name!r} have fewer than {choices.min_class_rows} rows: {found}."
        questions.append(Question(text, answers))
