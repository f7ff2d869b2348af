"""What `adopt` knows when all is decided: the table, its columns, the split, the owner's words."""

import keyword
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclopts import Parameter

from predictor.errors import PredictorError
from scaffold.choosing import TimeSplit
from scaffold.columns import Column, Proposal
from scaffold.reading import Table

API = Path("src/predictor/api.py")
UNASKED = "What is {!r} of"  # begins the question of an owner who has not asked one


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Description:
    """What only the owner knows; None where it was not said."""

    row_name: str | None = None
    """What one row is, such as customer."""
    question: str | None = None
    """The question that the model answers for one row."""
    decision: str | None = None
    """Who decides what with the answer."""
    costs: str | None = None
    """Of a false alarm and of a miss, such as 60:900."""
    unit: str | None = None
    """The unit of the costs, or of the target."""
    private: bool = False
    """No row may be in git."""


@dataclass(frozen=True)
class Adoption:
    """All that the project's files need to know of a table."""

    file: str  # its name below data/source
    table: Table
    proposal: Proposal
    time: str | None  # orders the rows
    group: str | None
    split: TimeSplit | None  # by time; None: at random
    row: str  # the class in schema.py, such as `Customer`
    described: Description

    @property
    def target(self) -> Column:
        """Return the column to predict."""
        return self.proposal.target

    @property
    def task(self) -> str:
        """Return the folder of `scaffold/project`; the binary task is that of the core."""
        kinds = {"boolean": "binary", "category": "multiclass"}
        return kinds.get(self.target.kind, "regression")

    @property
    def features(self) -> list[Column]:
        """Return the columns that the model gets."""
        return [each for each in self.proposal.columns if not each.ignored]

    @property
    def problem(self) -> dict[str, Any]:
        """Return the section `problem` of params.yaml, without the name."""
        said, name = self.described, self.target.name
        found: dict[str, Any] = {
            "question": said.question or f"{UNASKED.format(name)} a {self.row.lower()}?",
            "decision": said.decision or "Not answered yet.",
        }
        if self.task == "regression":
            found["unit"] = said.unit or self.target.description or name
        elif self.task == "binary" and said.costs:
            false_alarm, miss = costs(said.costs)
            unit = said.unit or "units of cost"
            found["costs"] = {"false_alarm": false_alarm, "miss": miss, "unit": unit}
        return found


def costs(text: str) -> tuple[float, float]:
    """Return the costs of a false alarm and of a miss, from a text such as `60:900`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)", text)
    if not found:
        raise PredictorError(f"--costs must be two numbers such as 60:900, not {text!r}.")
    return float(found[1]), float(found[2])


def row_name_of(text: str) -> str:
    """Return the name of a class for one row, from a word such as `customers`."""
    words = re.findall(r"[A-Za-z][a-z0-9]*", text.removesuffix("s")) or ["Record"]
    name = "".join(word.capitalize() for word in words)
    used = API.read_text(encoding="utf-8").replace("Flight", "")
    is_taken = any(re.search(rf"\b{each}\b", used) for each in (name, variable_of(name)))
    return f"{name}Record" if is_taken or keyword.iskeyword(variable_of(name)) else name


def variable_of(name: str) -> str:
    """Return the name of a variable that holds a row, such as `bank_customer`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
