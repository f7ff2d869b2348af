"""Incidents: one row for each alarm, refusal, rollback, error and failed reload."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from predictor import champions
from predictor.errors import PredictorError
from predictor.monitoring.log import incidents, now
from predictor.paths import write_text

PAGE = """# Incident {number}: {kind}, {part}

Time: {time:%Y-%m-%d %H:%M} UTC. Outcome: {outcome}.

Evidence: {evidence}

## What happened, and whom did it affect?

## Why did it happen?

## What will prevent it, or show it earlier?
"""


def record(engine: sa.Engine, kind: str, part: str, evidence: dict[str, Any]) -> None:
    """Add an open incident, unless the same one is open already."""
    same = (incidents.c.kind == kind, incidents.c.part == part, incidents.c.outcome == "open")
    row = {"time": now(), "kind": kind, "part": part, "evidence": evidence, "outcome": "open"}
    with engine.begin() as connection:
        if connection.scalar(sa.select(incidents.c.number).where(*same)) is None:
            connection.execute(sa.insert(incidents), row)


def close(engine: sa.Engine, outcome: str) -> None:
    """Write into all open incidents what was done."""
    is_open = incidents.c.outcome == "open"
    with engine.begin() as connection:
        connection.execute(sa.update(incidents).where(is_open).values(outcome=outcome))


def read(engine: sa.Engine) -> list[dict[str, Any]]:
    """Return all incidents, the oldest first, with the rollbacks in `reports/champions.csv`."""
    with engine.connect() as connection:
        query = sa.select(incidents).order_by(incidents.c.number)
        found = [dict(row) for row in connection.execute(query).mappings()]
    recorded = [each["evidence"].get("when") for each in found]
    for entry in champions.entries():
        if entry.action == champions.ROLLED_BACK and entry.when not in recorded:
            evidence = {"when": entry.when, "why": entry.why}
            record(engine, "rollback", f"version {entry.version}", evidence)
            return read(engine)
    return found


def begin_post_mortem(engine: sa.Engine, number: int) -> Path:
    """Write a page with the evidence of an incident; the reasoning is left to the owner."""
    path = Path(f"docs/incidents/{number:03}.md")
    found = [each for each in read(engine) if each["number"] == number]
    if not found or path.exists():
        problem = f"{path} exists already" if found else f"There is no incident {number}"
        raise PredictorError(f"{problem}: `predictor incidents` lists all.")
    write_text(path, PAGE.format(**found[0]))
    return path
