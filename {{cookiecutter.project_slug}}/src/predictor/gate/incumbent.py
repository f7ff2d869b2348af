"""Whether the champion may sit the exam of its challenger: it must not have seen the questions."""

from datetime import date

import pandas as pd

from predictor.bundle import Bundle, Metadata
from predictor.contract import Contract
from predictor.proof.provenance import UNKNOWN


def obstacle(
    champion: Bundle, candidate: Bundle, test: pd.DataFrame, first: date | None
) -> str | None:
    """Return in half a sentence why the champion cannot be compared on `test`, or None.

    `first` is the day of the first test row, if rows have a time.
    """
    return (
        _other_question(champion.contract, candidate.contract)
        or _other_columns(champion.contract, candidate.contract, test)
        or _seen(champion.metadata, candidate.metadata, first)
    )


def _other_question(champion: Contract, candidate: Contract) -> str | None:
    if champion.task != candidate.task:
        return f"it solves a {champion.task} task, and this one is {candidate.task}"
    theirs, ours = champion.target, candidate.target
    if (theirs.column, theirs.positive, theirs.classes) != (
        ours.column,
        ours.positive,
        ours.classes,
    ):
        return "it predicts another target"
    return None


def _other_columns(champion: Contract, candidate: Contract, test: pd.DataFrame) -> str | None:
    def is_usable(name: str) -> bool:
        ours = candidate.columns.get(name)
        return name in test and (ours is None or ours.type == champion.columns[name].type)

    lost = [name for name in champion.columns if not is_usable(name)]
    return f"it needs {lost[0]!r}, which the rows no longer have like that" if lost else None


def _seen(champion: Metadata, candidate: Metadata, first: date | None) -> str | None:
    if first is None:
        # Rows were dealt out at random: only the same deal keeps the test unseen.
        same = (champion.data_version, champion.split) == (candidate.data_version, candidate.split)
        known = candidate.data_version != UNKNOWN
        return None if same and known else "it was split otherwise and may have seen these rows"
    if champion.trained_until is None:
        return "it does not say until when its training rows run"
    if champion.trained_until >= first:
        return f"it was trained until {champion.trained_until}, and the test begins on {first}"
    return None
