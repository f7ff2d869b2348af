"""`reports/champions.csv`: which models were promoted or rolled back, when and why.

The file is committed, so a clone knows the history too. It decides which model is the champion;
the alias in the registry, the README and `models/champion` are updated from it.
"""

import csv
import io
from datetime import UTC, datetime
from typing import NamedTuple

from predictor.paths import CHAMPIONS, write_text

PROMOTED, ROLLED_BACK = "promoted", "rolled back"


class Entry(NamedTuple):
    """One line; models of the same `recipe` come from the same data, code and parameters.

    `judged_before` other candidates were evaluated on the same test rows before this one.
    """

    version: str
    action: str
    why: str
    judged_before: str
    data_version: str
    recipe: str
    when: str = ""


def entries() -> list[Entry]:
    """Return all lines, the oldest first."""
    if not CHAMPIONS.exists():
        return []
    with CHAMPIONS.open(encoding="utf-8", newline="") as file:
        return [Entry(**line) for line in csv.DictReader(file)]


def append(entry: Entry) -> None:
    """Add a line, with the current time in UTC."""
    text = io.StringIO()
    dated = entry._replace(when=f"{datetime.now(UTC):%Y-%m-%d %H:%M}")
    csv.writer(text, lineterminator="\n").writerows([Entry._fields, *entries(), dated])
    write_text(CHAMPIONS, text.getvalue())


def history() -> list[Entry]:
    """Return the promotions that were not rolled back; the last one is the champion."""
    found: list[Entry] = []
    for entry in entries():
        found = [*found, entry] if entry.action == PROMOTED else found[:-1]
    return found


def rolled_back(recipe: str) -> Entry | None:
    """Return the entry that rolled a recipe back, unless it was promoted again later."""
    newest = {entry.recipe: entry for entry in entries()}.get(recipe)
    return newest if newest and newest.action == ROLLED_BACK else None
