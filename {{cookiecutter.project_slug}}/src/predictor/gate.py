"""The gate: may this bundle answer for us? The only place that decides it.

Each rule is one function from an `Evaluation` to a `Finding`; `RULES` lists them.
"""

from collections.abc import Callable

from predictor.documents import Document
from predictor.evaluation import LOSS, Evaluation, Metrics


class Finding(Document):
    """Whether one rule holds, as a sentence with both numbers."""

    holds: bool
    sentence: str


class Verdict(Document):
    """All findings; a bundle is promoted when every rule holds."""

    findings: tuple[Finding, ...]

    @property
    def promotes(self) -> bool:
        """Whether every rule holds."""
        return all(finding.holds for finding in self.findings)

    def __str__(self) -> str:
        return "\n".join(
            f"  {'ok' if finding.holds else 'NO'}  {finding.sentence}" for finding in self.findings
        )


def judge(evaluation: Evaluation) -> Verdict:
    """Apply every rule."""
    return Verdict(findings=tuple(rule(evaluation) for rule in RULES))


def beats_dummy(evaluation: Evaluation) -> Finding:
    """Lower loss than always answering the mean of the training rows."""
    return _lower_loss(evaluation, evaluation.dummy, "the dummy baseline")


def beats_linear(evaluation: Evaluation) -> Finding:
    """Lower loss than the linear baseline."""
    return _lower_loss(evaluation, evaluation.linear, "the linear baseline")


def _lower_loss(evaluation: Evaluation, other: Metrics, name: str) -> Finding:
    loss = LOSS[evaluation.task]
    ours, theirs = evaluation.model[loss], other[loss]
    return Finding(
        holds=ours < theirs,
        sentence=f"{loss} {ours:.4g} against {theirs:.4g} of {name} (lower is better)",
    )


RULES: tuple[Callable[[Evaluation], Finding], ...] = (beats_dummy, beats_linear)
