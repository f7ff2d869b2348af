"""What the gate judges: plain numbers, which `examiner` measures and `rules` weigh."""

from dataclasses import dataclass

from predictor.params import PromoteParams
from predictor.release import Reign


@dataclass(frozen=True)
class Difference:
    """A measure of the candidate and of a rival on the same rows; lower is better.

    `low` and `high` bound what the candidate has more, with probability `confidence`, as far as
    one can tell from resampling `over` days or rows.
    """

    rival: str
    measure: str
    ours: float
    theirs: float
    low: float
    high: float
    confidence: float
    over: str

    @property
    def mean(self) -> float:
        """What the candidate has more than its rival."""
        return self.ours - self.theirs


@dataclass(frozen=True)
class Part:
    """A slice of the test rows, with the loss of the candidate and of the dummy baseline there."""

    name: str
    rows: int
    ours: float
    dummy: float

    @property
    def excess(self) -> float:
        """By which share the candidate loses more than the dummy baseline."""
        return self.ours / self.dummy - 1 if self.dummy else float(self.ours > 0)


@dataclass(frozen=True)
class Burden:
    """What a bundle asks of the service: median milliseconds for one row, and megabytes."""

    latency_ms: float
    megabytes: float


@dataclass(frozen=True)
class Incumbent:
    """The champion in the exam of its challenger; `obstacle` says why it could not take part."""

    version: str
    obstacle: str = ""
    loss: Difference | None = None
    cost: Difference | None = None
    calibration_error: float | None = None
    burden: Burden | None = None


@dataclass(frozen=True)
class Exam:
    """Everything that is known about a candidate; `cost` is only there for a binary task."""

    version: str
    limits: PromoteParams
    dummy: Difference
    linear: Difference
    cost: Difference | None
    calibration_error: float
    linear_calibration_error: float
    worst: Part | None
    slice_rows: int
    burden: Burden
    champion: Incumbent | None
    rolled_back: Reign | None
