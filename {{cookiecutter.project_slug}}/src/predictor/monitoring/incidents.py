"""Incidents: one row for each alarm, refusal, rollback, error and failed reload."""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from predictor import champions
from predictor.errors import PredictorError
from predictor.monitoring.log import incidents, now
from predictor.paths import VERDICT, write_text


def record(engine: sa.Engine, kind: str, part: str, evidence: str, outcome: str = "open") -> None:
    """Add an incident, unless it is known, or another one of its kind and part is open."""
    row = {"kind": kind, "part": part, "evidence": evidence, "outcome": outcome, "time": now()}
    same = (incidents.c.kind == kind) & (incidents.c.part == part)
    known = (incidents.c.outcome == "open") | (incidents.c.evidence == evidence)
    with engine.begin() as connection:
        if connection.scalar(sa.select(incidents.c.number).where(same, known)) is None:
            connection.execute(sa.insert(incidents), row)


def read(engine: sa.Engine) -> list[dict[str, Any]]:
    """Return all incidents, the oldest first; refusals and rollbacks are found in `reports`."""
    if VERDICT.exists() and not (verdict := json.loads(VERDICT.read_bytes()))["promotes"]:
        broken = [each for each in verdict["findings"] if not each["holds"]]
        evidence = "; ".join(f"{each['rule']}: {each['sentence']}" for each in broken)
        record(engine, "refusal", f"version {verdict['version']}", evidence)
    for entry in champions.entries():
        if entry.action == champions.ROLLED_BACK:
            evidence = f"{entry.when}: {entry.why}"
            record(engine, "rollback", f"version {entry.version}", evidence, "rolled back")
    with engine.connect() as connection:
        rows = connection.execute(sa.select(incidents).order_by(incidents.c.number)).mappings()
        return [dict(row) for row in rows]


def begin_post_mortem(engine: sa.Engine, number: int) -> Path:
    """Write a page with the evidence of an incident; the reasoning is left to the owner."""
    path = Path(f"docs/incidents/{number:03}.md")
    found = [each for each in read(engine) if each["number"] == number]
    if not found or path.exists():
        raise PredictorError(f"There is no incident {number}, or {path} exists already.")
    return write_page(path, "monitoring/templates/post_mortem.md", found[0])


def write_page(path: Path, template: str, values: dict[str, Any]) -> Path:
    """Write a page from a Jinja template of a part, and return its path."""
    from jinja2 import Environment, PackageLoader, select_autoescape

    loader = PackageLoader("predictor", "")
    env = Environment(loader=loader, autoescape=select_autoescape(["html.jinja"]), trim_blocks=True)
    write_text(path, env.get_template(f"{template}.jinja").render(values) + "\n")
    return path
