"""The gate: may this candidate become the champion? `RULES` decides; parts can add rules."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from predictor import champions, params, task
from predictor.bundle import Bundle
from predictor.comparison import Difference, Evaluation


@dataclass(frozen=True)
class Exam:
    """What the rules need; `champion` is the difference from it, or why there is none."""

    candidate: Bundle
    recipe: str
    evaluation: Evaluation
    test: pd.DataFrame
    champion: Difference | str


@dataclass(frozen=True)
class Finding:
    """The result of a rule: whether it holds, a sentence with both numbers, and advice."""

    rule: str
    holds: bool
    sentence: str
    advice: str

    def __str__(self) -> str:
        advice = "" if self.holds else f"\n      try this: {self.advice}"
        return f"  {'ok' if self.holds else 'NO'}  {self.rule}: {self.sentence}{advice}"


def better_than_dummy(exam: Exam) -> Finding:
    """Require a significantly lower loss than that of the dummy baseline."""
    found = exam.evaluation.difference("dummy", task.LOSS)
    ours, dummy = exam.evaluation.model[task.HEADLINE], exam.evaluation.dummy[task.HEADLINE]
    same = "; each decision is that of the dummy: are problem.costs right?" if ours == dummy else ""
    advice = "look for columns that say more about the target, or for more rows"
    return Finding("better than dummy", found.high < 0, f"{found}{same}", advice)


def not_worse_than_linear(exam: Exam) -> Finding:
    """Require a loss that is not higher than that of the linear baseline."""
    found = exam.evaluation.difference("linear", task.LOSS)
    advice = "set train.model in params.yaml to the linear one: it is simpler and no worse"
    return _not_worse("not worse than linear", found, advice)


def not_worse_than_champion(exam: Exam) -> Finding:
    """Require a loss not higher than that of the current champion, if they can be compared."""
    advice = "change the features, the model or its arguments, and run the pipeline again"
    return _not_worse("not worse than champion", exam.champion, advice)


def not_rolled_back(exam: Exam) -> Finding:
    """Reject a model that was rolled back, until its data, code or parameters change."""
    entry = champions.rolled_back(exam.recipe)
    sentence = f"rolled back on {entry.when}: {entry.why}" if entry else "it was not"
    advice = "change the data, the code or params.yaml"
    return Finding("not rolled back", not entry, sentence, advice)


def _not_worse(rule: str, found: Difference | str, advice: str) -> Finding:
    """Allow what a second run of the same model may differ by, on another system."""
    limit = 1 + params.read(params.Evaluate).tolerance
    holds = isinstance(found, str) or found.ours <= found.theirs * limit
    return Finding(rule, holds, str(found), advice)


RULES: tuple[Callable[[Exam], Finding], ...] = (
    better_than_dummy,
    not_worse_than_linear,
    not_worse_than_champion,
    not_rolled_back,
)
