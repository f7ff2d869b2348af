"""What the user decides about a table, by options or by answers to questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from cyclopts import Parameter, Token


def pairs(_: object, tokens: Sequence[Token]) -> dict[str, str]:
    """Return `--as COLUMN=READING --as ...` as a dictionary."""
    return dict(token.value.rpartition("=")[::2] for token in tokens)


@Parameter(name="*")
@dataclass(frozen=True)
class Choices:
    """The decisions about a table's columns; each field is one option of `adopt`."""

    target: str
    """The column to predict."""
    time: str | None = None
    """The column that orders the rows, or `none`."""
    group: str | None = None
    """Rows with the same value of this column stay on one side of the split."""
    positive: str | None = None
    """The label of the target to act on."""
    readings: Annotated[
        Mapping[str, str], Parameter("--as", converter=pairs, accepts_keys=False, n_tokens=-1)
    ] = field(default_factory=dict)
    """COLUMN=number, =category, =boolean, =%d/%m/%Y, or `=number,` for a decimal comma."""
    keep: frozenset[str] = frozenset()
    """A column that is a feature after all."""
    drop: frozenset[str] = frozenset()
    """A column that is no feature."""
    missing: frozenset[str] = frozenset()
    """A text that stands for a missing value."""
    literal: frozenset[str] = frozenset()
    """A text that looks like a missing value, and is none."""
    drop_class: frozenset[str] = frozenset()
    """A label of the target whose rows are left out."""
    drop_unlabelled: bool = False
    """Leave rows without a target out."""
    min_class_rows: int = 10
    """Rows that each class needs."""

    def adding(self, option: str, value: str) -> "Choices":
        """Return the choices with one more, such as `("--as", "price=number,")`."""
        name = option.removeprefix("--").replace("-", "_")
        if name == "as":
            column, _, reading = value.rpartition("=")
            return replace(self, readings={**self.readings, column: reading})
        old = getattr(self, name)
        new: Any = old | {value} if isinstance(old, frozenset) else value
        if isinstance(old, int):
            new = int(value or True)
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


class Terminal:
    """Questions and answers on the terminal."""

    def choose(self, question: Question) -> tuple[str, str]:
        """Return the option of the answer that the user chooses."""
        print(f"\n{question.text}")
        for number, says in enumerate(question.answers, 1):
            print(f"  {number}: {says}")
        answers = list(question.answers.values())
        while not (text := input("Your answer: ")).isdecimal() or not 0 < int(text) <= len(answers):
            print(f"Enter a number from 1 to {len(answers)}.")
        return answers[int(text) - 1]

    def write(self, question: str) -> str | None:
        """Return the user's text, or None for the enter key alone."""
        return input(f"\n{question}\n(or press Enter, and answer later) ").strip() or None
