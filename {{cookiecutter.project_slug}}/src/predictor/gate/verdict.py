"""What the gate said of a candidate: `reports/verdict.json`, and part of a release."""

from datetime import datetime
from typing import Self

from pydantic import model_validator

from predictor.documents import Document


class Finding(Document):
    """Whether one rule holds, as a sentence with both numbers."""

    rule: str
    holds: bool
    sentence: str


class Verdict(Document):
    """All findings; a candidate is promoted when every rule holds.

    Versions are those of the registry; `champion` is who reigned when the candidate was judged.
    """

    candidate: str
    champion: str | None
    judged: datetime
    promotes: bool
    findings: tuple[Finding, ...]

    @model_validator(mode="after")
    def _agree_with_the_findings(self) -> Self:
        if self.promotes != all(finding.holds for finding in self.findings):
            raise ValueError("promotes must say whether every finding holds")
        return self

    @property
    def word(self) -> str:
        """The verdict in one word."""
        return "promote" if self.promotes else "refuse"

    @property
    def broken(self) -> list[Finding]:
        """The findings that do not hold."""
        return [finding for finding in self.findings if not finding.holds]

    def __str__(self) -> str:
        width = max((len(finding.rule) for finding in self.findings), default=0)
        return "\n".join(
            f"  {'ok' if finding.holds else 'NO'}  {finding.rule:{width}}  {finding.sentence}"
            for finding in self.findings
        )
