"""The data contract: what a row is, what is predicted, and what a mistake costs.

`contract.yaml` is the only description of the data. Validation, preprocessing, the body of a
request and its errors, and the reports are all derived from the frozen `Contract` read here.
"""

from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    PositiveFloat,
    field_validator,
    model_validator,
)

from predictor.documents import Document

TimePart = Literal["month", "day", "weekday", "hour", "minute_of_day", "day_of_year"]
Reason = Literal[
    "identifier", "leakage", "known only afterwards", "constant", "duplicate", "free text", "chosen"
]
Task = Literal["binary", "multiclass", "regression"]


class _Column(Document):
    description: str = ""
    missing: bool = False
    trusted: bool = False  # known when the question is asked, even if it nearly tells the answer


class Spelling(Document):
    """How a file spells numbers; what is not named here is not converted.

    `missing` lists texts that stand for no value, `thousands` is dropped, `decimal` is the
    decimal mark, and `suffix` (such as " %") is cut off; none of them changes the scale.
    """

    missing: tuple[str, ...] = ()
    thousands: Literal["", ",", ".", " ", "'"] = ""
    decimal: Literal[".", ","] = "."
    suffix: str = ""


class NumberColumn(_Column):
    """A quantity; `range` holds its smallest and largest legal value, both inclusive."""

    type: Literal["number"]
    unit: str = ""
    range: tuple[float, float] | None = None
    spelling: Spelling | None = None

    @model_validator(mode="after")
    def _order_range(self) -> Self:
        if self.range and self.range[0] > self.range[1]:
            raise ValueError(f"range runs from low to high, got {list(self.range)}")
        return self


class CategoryColumn(_Column):
    """A name; without `values` any name is legal, and one never seen in training is too."""

    type: Literal["category"]
    values: tuple[str, ...] | None = None


class BooleanColumn(_Column):
    """True or false."""

    type: Literal["boolean"]


class TimestampColumn(_Column):
    """A local date and time without an offset, of which the model sees the `parts`.

    `format` is how a file writes it, as for `datetime.strptime`.
    """

    type: Literal["timestamp"]
    format: str = "ISO8601"
    parts: tuple[TimePart, ...] = Field(min_length=1)


Column = Annotated[
    NumberColumn | CategoryColumn | BooleanColumn | TimestampColumn, Field(discriminator="type")
]


class Target(Document):
    """The column to predict.

    A binary task names the label that raises the alarm as `positive`, a multiclass task all its
    `classes`; both are compared as text. A regression target may have a `unit`. Rows without a
    target break the contract, unless `drop_unlabelled` leaves them out.
    """

    column: str
    positive: str | None = None
    classes: tuple[str, ...] = ()
    unit: str = ""
    spelling: Spelling | None = None
    drop_unlabelled: bool = False
    description: str = ""

    @field_validator("positive", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        # YAML reads true and 1 as more than text; str() gives what pandas shows for them.
        return str(value) if isinstance(value, bool | int) else value


class Costs(Document):
    """What a wrong decision costs, in `unit`; a right one costs nothing."""

    false_alarm: PositiveFloat
    miss: PositiveFloat
    unit: str

    @property
    def threshold(self) -> float:
        """The probability from which acting is cheaper than not acting.

        Source: Elkan (2001), "The Foundations of Cost-Sensitive Learning", equation 2.
        """
        return self.false_alarm / (self.false_alarm + self.miss)


class Time(Document):
    """The column that orders the rows, and how many days later the truth is known."""

    column: str
    format: str = "ISO8601"
    label_delay_days: NonNegativeFloat = 0


class Ignored(Document):
    """Why a column of the data is kept from the model."""

    reason: Reason
    description: str = ""


class Contract(Document):
    """The whole of `contract.yaml`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    question: str
    decision: str
    task: Task
    target: Target
    costs: Costs | None = None
    time: Time | None = None
    columns: dict[str, Column] = Field(min_length=1)
    ignored: dict[str, Ignored] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _give_each_column_one_role(self) -> Self:
        twice = sorted(self.columns.keys() & self.ignored.keys())
        if twice:
            raise ValueError(f"{twice} stand under columns and under ignored: choose one")
        if self.target.column in self.columns:
            raise ValueError(f"the target {self.target.column!r} cannot also be a feature")
        if self.target.column in self.ignored:
            raise ValueError(f"the target {self.target.column!r} cannot be ignored")
        return self

    @model_validator(mode="after")
    def _know_what_the_task_needs(self) -> Self:
        if self.task == "binary" and self.target.positive is None:
            raise ValueError("a binary task needs target.positive, the label that raises the alarm")
        if self.task == "binary" and self.costs is None:
            raise ValueError("a binary task needs costs, which set the threshold of the decision")
        if self.task == "multiclass" and len(set(self.target.classes)) < 3:
            raise ValueError("a multiclass task needs target.classes, three labels or more")
        return self

    @property
    def threshold(self) -> float:
        """The probability from which to act; only a binary task has one.

        Raises:
            ValueError: the task has no costs.
        """
        if self.costs is None:
            raise ValueError(f"a {self.task} task without costs has no threshold")
        return self.costs.threshold

    @property
    def outputs(self) -> list[str]:
        """Names of what the model answers for a row, in order."""
        match self.task:
            case "binary":
                return ["probability"]
            case "multiclass":
                return [f"probability of {label}" for label in self.target.classes]
            case "regression":
                return ["value"]

    @property
    def described(self) -> list[str]:
        """Every column that may stand in the data, each once."""
        time = [self.time.column] if self.time else []
        return list(dict.fromkeys([*self.columns, self.target.column, *time, *self.ignored]))

    @property
    def kept(self) -> list[str]:
        """The columns that training may see: features, target and time."""
        time = self.time.column if self.time else None
        return [name for name in self.described if name not in self.ignored or name == time]

    @property
    def numbers(self) -> list[str]:
        """Names of the model's floats: numbers, booleans, and time parts as `column.part`."""
        return [name for key, column in self.columns.items() for name in _numbers(key, column)]

    @property
    def categories(self) -> list[str]:
        """Names of the string inputs of the model."""
        return [key for key, column in self.columns.items() if column.type == "category"]


def _numbers(key: str, column: Column) -> list[str]:
    match column:
        case CategoryColumn():
            return []
        case TimestampColumn():
            return [f"{key}.{part}" for part in column.parts]
        case _:
            return [key]
