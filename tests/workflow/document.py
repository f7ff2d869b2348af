"""A workflow file as objects; a key that the runner does not honour is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

WORKFLOW_KEYS = {"name", "on", "permissions", "concurrency", "env", "jobs"}
JOB_KEYS = {
    *("name", "needs", "if", "strategy", "runs-on", "timeout-minutes", "permissions"),
    *("outputs", "env", "steps"),
}
STEP_KEYS = {
    *("id", "name", "if", "uses", "with", "run", "shell", "env", "working-directory"),
    *("timeout-minutes",),
}
Leg = Mapping[str, object]


class WorkflowError(Exception):
    """A workflow that the runner does not understand."""


@dataclass(frozen=True)
class Step:
    """One step, with its place for messages."""

    place: str
    content: Mapping[str, Any]

    @property
    def id(self) -> str | None:
        """What other steps call it."""
        return self.content.get("id")

    @property
    def title(self) -> str:
        """What GitHub would show."""
        first = str(self.content.get("run", "")).strip().splitlines()[:1]
        return str(self.content.get("name") or self.content.get("uses") or "".join(first))


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
    content: Mapping[str, Any]
    jobs: Mapping[str, Job]

    @classmethod
    def read(cls, path: Path) -> Workflow:
        """Read a workflow.

        Raises:
            WorkflowError: it has a key that the runner does not know, or needs an unknown job.
        """
        # YAML 1.1 reads the key `on` as true.
        content = {
            "on" if key is True else key: value
            for key, value in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        }
        _require_known(path.name, content, WORKFLOW_KEYS)
        jobs = {name: _job(name, job) for name, job in content["jobs"].items()}
        _require_needs(jobs)
        events = content["on"]
        if not isinstance(events, dict):
            raise WorkflowError(f"{path.name}: write `on` as a mapping")
        return cls(content.get("name", path.name), events, content, jobs)

    def in_order(self) -> list[Job]:
        """Return the jobs so that each stands behind those that it needs."""
        ordered: list[Job] = []
        while len(ordered) < len(self.jobs):
            done = {job.id for job in ordered}
            ready = [job for job in self.jobs.values() if job.id not in done]
            ready = [job for job in ready if set(job.needs) <= done]
            if not ready:
                raise WorkflowError("the jobs need each other in a circle")
            ordered.append(ready[0])
        return ordered


def _job(name: str, content: dict[str, Any]) -> Job:
    _require_known(f"jobs.{name}", content, JOB_KEYS)
    needs = content.get("needs", [])
    steps = [Step(f"jobs.{name}.steps[{at}]", step) for at, step in enumerate(content["steps"])]
    for step in steps:
        _require_known(step.place, step.content, STEP_KEYS)
        if ("run" in step.content) == ("uses" in step.content):
            raise WorkflowError(f"{step.place} needs either run or uses")
    return Job(
        id=name,
        content=content,
        needs=(needs,) if isinstance(needs, str) else tuple(needs),
        legs=tuple(legs(content.get("strategy", {}))),
        steps=tuple(steps),
    )


def legs(strategy: Mapping[str, Any]) -> list[Leg]:
    """Expand a matrix: the product of its lists, then `include`; no matrix is one empty leg.

    Source: https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do
    """
    _require_known("strategy", strategy, {"matrix", "fail-fast"})
    matrix = dict(strategy.get("matrix", {}))
    included = matrix.pop("include", [])
    if "exclude" in matrix or not all(isinstance(values, list) for values in matrix.values()):
        raise WorkflowError("a matrix may hold lists and `include` here")
    original = [dict(zip(matrix, values, strict=True)) for values in product(*matrix.values())]
    if included and not matrix:
        return [dict(entry) for entry in included]
    made = [dict(leg) for leg in original]
    for entry in included:
        fitting = [
            leg
            for leg, first in zip(made, original, strict=False)
            if all(first.get(key, value) == value for key, value in entry.items())
        ]
        for leg in fitting:
            leg.update(entry)
        if not fitting:
            made.append(dict(entry))
    return list(made)


def _require_known(place: str, content: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(content.keys() - known)
    if unknown:
        raise WorkflowError(f"{place}: the runner does not know {', '.join(map(repr, unknown))}")


def _require_needs(jobs: Mapping[str, Job]) -> None:
    for job in jobs.values():
        missing = [name for name in job.needs if name not in jobs]
        if missing:
            raise WorkflowError(f"jobs.{job.id} needs {missing[0]!r}, which is no job")
