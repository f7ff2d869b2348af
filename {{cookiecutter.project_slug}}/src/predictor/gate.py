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
    ours, theirs = _losses(evaluation, evaluation.dummy)
    return Finding(holds=ours < theirs, sentence=_compared(evaluation, ours, theirs, "dummy"))


def beats_linear(evaluation: Evaluation) -> Finding:
    """No higher loss than the linear baseline, which may itself be the candidate."""
    ours, theirs = _losses(evaluation, evaluation.linear)
    return Finding(holds=ours <= theirs, sentence=_compared(evaluation, ours, theirs, "linear"))


def _losses(evaluation: Evaluation, other: Metrics) -> tuple[float, float]:
    loss = LOSS[evaluation.task]
    # The same model differs in the seventh digit once it runs in ONNX.
    return round(evaluation.model[loss], 6), round(other[loss], 6)


def _compared(evaluation: Evaluation, ours: float, theirs: float, name: str) -> str:
    loss = LOSS[evaluation.task]
    return f"{loss} {ours:.4g} against {theirs:.4g} of the {name} baseline (lower is better)"


RULES: tuple[Callable[[Evaluation], Finding], ...] = (beats_dummy, beats_linear)
