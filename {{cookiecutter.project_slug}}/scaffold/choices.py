"""What the user decides about a table, by options or by answers to questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Choices:
    """The decisions about a table's columns; each field is one option of `adopt`.

    `readings` (`--as COLUMN=READING`) says how a column is read: `number` (a decimal point),
    `number,` (a decimal comma), `category`, `boolean`, or a format of a time such as `%d/%m/%y`,
    `epoch s` or `epoch ms`.
    """

    target: str
    time: str | None = None  # "none": rows have no time
    group: str | None = None  # "none": rows are independent
    positive: str | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()  # more markers of a missing value
    literal: frozenset[str] = frozenset()  # texts that look like such a marker and are values
    drop_class: frozenset[str] = frozenset()  # rows with this target are left out
    drop_unlabelled: bool = False
    min_class_rows: int = 10

    def adding(self, option: str, value: str) -> "Choices":
        """Return the choices with one more, such as `("--as", "price=number,")`."""
        name = option.removeprefix("--").replace("-", "_")
        if name == "as":
            column, _, reading = value.rpartition("=")
            return replace(self, readings={**self.readings, column: reading})
        old = getattr(self, name)
        new: Any = value
        if isinstance(old, frozenset):
            new = old | {value}
        elif isinstance(old, int):
            new = True if isinstance(old, bool) else int(value)
        return replace(self, **{name: new})


@dataclass(frozen=True)
class Question:
    """A decision that only a person can make; each answer stands for an option and its value."""

    text: str
    answers: Mapping[str, tuple[str, str]]  # what the answer says -> ("--as", "price=number,")

    def __str__(self) -> str:
        options = [
            f'    {option} "{value}": {says}' if value else f"    {option}: {says}"
            for says, (option, value) in self.answers.items()
        ]
        return "\n".join([self.text, *options])
