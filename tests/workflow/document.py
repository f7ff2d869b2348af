"""A workflow file as objects; a key that the runner does not honour is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

WORKFLOW_KEYS = {"name", "on", "permissions", "concurrency", "jobs"}
JOB_KEYS = {
    *("name", "needs", "if", "strategy", "runs-on", "timeout-minutes", "permissions"),
    *("outputs", "env", "steps", "environment"),
}
STEP_KEYS = {"id", "name", "if", "uses", "with", "run", "env"}
Leg = Mapping[str, str]


class WorkflowError(Exception):
    """A workflow that the runner does not understand."""


@dataclass(frozen=True)
class Step:
    """One step."""

    content: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What GitHub would show."""
        first = str(self.content.get("run", "")).strip().partition("\n")[0]
        return str(self.content.get("name") or self.content.get("uses") or first)


@dataclass(frozen=True)
class Job:
    """One job, with the legs of its matrix."""

    id: str
    content: Mapping[str, Any]
    needs: tuple[str, ...]
    legs: tuple[Leg, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Workflow:
    """A file of `.github/workflows`."""

    name: str
    events: Mapping[str, Any]
    jobs: Mapping[str, Job]

    @classmethod
    def read(cls, path: Path) -> Workflow:
        """Read a workflow.

        Raises:
            WorkflowError: it has a key that the runner does not know, or needs an unknown job.
        """
        content = load(path)
        _require_known(path.name, content, WORKFLOW_KEYS)
        jobs = {name: _job(name, job) for name, job in content["jobs"].items()}
        missing = [name for job in jobs.values() for name in job.needs if name not in jobs]
        if missing:
            raise WorkflowError(f"{missing[0]!r} is needed and is no job")
        return cls(content["name"], content["on"], jobs)


def load(path: Path) -> dict[str, Any]:
    """Return the content of a workflow file."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    # YAML 1.1 reads the key `on` as true.
    return {"on" if key is True else key: value for key, value in content.items()}


def _job(name: str, content: dict[str, Any]) -> Job:
    _require_known(f"jobs.{name}", content, JOB_KEYS)
    for at, step in enumerate(content["steps"]):
        _require_known(f"jobs.{name}.steps[{at}]", step, STEP_KEYS)
        if ("run" in step) == ("uses" in step):
            raise WorkflowError(f"jobs.{name}.steps[{at}] needs either run or uses")
    needs, strategy = content.get("needs", []), content.get("strategy", {})
    _require_known(f"jobs.{name}.strategy", strategy, {"matrix", "fail-fast"})
    matrix = strategy.get("matrix", {})
    _require_known(f"jobs.{name}.strategy.matrix", matrix, matrix.keys() - {"include", "exclude"})
    return Job(
        id=name,
        content=content,
        needs=(needs,) if isinstance(needs, str) else tuple(needs),
        legs=tuple(dict(zip(matrix, each, strict=True)) for each in product(*matrix.values())),
        steps=tuple(map(Step, content["steps"])),
    )


def _require_known(place: str, content: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(content.keys() - known)
    if unknown:
        raise WorkflowError(f"{place}: the runner does not know {', '.join(map(repr, unknown))}")
