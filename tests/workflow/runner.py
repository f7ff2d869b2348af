"""Run a workflow: jobs in order, legs of the matrix, steps with their conditions."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workflow.actions import use
from workflow.document import Job, Leg, Step, Workflow, WorkflowError
from workflow.expressions import PURE, Function, Scope, condition, render, to_text
from workflow.machine import Event, Machine
from workflow.results import ActionError, NotHereError

Result = Literal["success", "failure", "skipped", "not here"]
HERE = "ubuntu-latest"


@dataclass(frozen=True)
class LegResult:
    """How one leg of a job ended; `why` says it for a leg that did not run or failed."""

    leg: Leg
    result: Result
    why: str = ""
    log: str = ""
    summary: str = ""
    seconds: float = 0.0
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JobResult:
    """How a job ended."""

    id: str
    legs: tuple[LegResult, ...]

    @property
    def result(self) -> Result:
        """What `needs.<job>.result` is; legs that cannot run on this machine do not count."""
        results = {leg.result for leg in self.legs} - {"not here"}
        if "failure" in results:
            return "failure"
        return "success" if "success" in results else "skipped"

    @property
    def log(self) -> str:
        """What all legs printed."""
        return "\n".join(leg.log for leg in self.legs)

    @property
    def context(self) -> dict[str, Any]:
        """What other jobs see of it."""
        outputs = {name: value for leg in self.legs for name, value in leg.outputs.items()}
        return {"result": self.result, "outputs": outputs}


@dataclass(frozen=True)
class Run:
    """How a workflow ended."""

    jobs: Mapping[str, JobResult]

    @property
    def results(self) -> dict[str, Result]:
        """Return the result of every job."""
        return {name: job.result for name, job in self.jobs.items()}

    def table(self) -> str:
        """Return one line for each leg, with its time and its reason."""
        return "\n".join(
            f"{name:12} {leg.result:9} {leg.seconds:6.1f} s  {_words(leg.leg)}  {leg.why}".rstrip()
            for name, job in self.jobs.items()
            for leg in job.legs
        )


@dataclass(frozen=True)
class Runner:
    """Runs workflows for one event; every job begins in a folder of its own below `folder`.

    `only` leaves out the legs with other values than these.
    """

    event: Event
    folder: Path
    home: Path | None = None
    only: Mapping[str, str] = field(default_factory=dict)

    def run(self, workflow: Workflow, given: Mapping[str, Result] | None = None) -> Run:
        """Run every job, except those whose result is `given`.

        Raises:
            WorkflowError: it holds something that is not known here, or is not for this event.
        """
        if self.event.name not in workflow.events:
            raise WorkflowError(f"{workflow.name} does not run on {self.event.name}")
        done: dict[str, JobResult] = {}
        for job in workflow.in_order():
            known = (given or {}).get(job.id)
            if known:
                done[job.id] = JobResult(job.id, (LegResult({}, known, "given"),))
            else:
                done[job.id] = self._job(workflow, job, done)
        return Run(done)

    def _job(self, workflow: Workflow, job: Job, done: Mapping[str, JobResult]) -> JobResult:
        needs = {name: done[name].context for name in job.needs}
        ended = {name: done[name].result for name in job.needs}
        results = tuple(
            self._leg(workflow, job, leg, needs, ended, at) for at, leg in enumerate(_whole(job))
        )
        if all(result.result == "not here" for result in results):
            raise WorkflowError(f"no leg of jobs.{job.id} can run here: {results[0].why}")
        return JobResult(job.id, results)

    def _leg(
        self,
        workflow: Workflow,
        job: Job,
        leg: Leg,
        needs: Mapping[str, Any],
        ended: Mapping[str, Result],
        at: int,
    ) -> LegResult:
        machine = self._machine(workflow, job, at)
        contexts = {"github": machine.github(), "needs": needs, "matrix": leg}
        functions = _status(
            all(result == "success" for result in ended.values()), "failure" in ended.values()
        )
        scope = Scope(contexts, {**PURE, **functions}, frozenset({"github.event"}))
        if not condition(job.content.get("if", "success()"), scope):
            return LegResult(leg, "skipped", "its condition does not hold")
        if any(leg.get(name, value) != value for name, value in self.only.items()):
            return LegResult(leg, "not here", f"only {_words(self.only)} is wanted")
        runs_on = render(job.content["runs-on"], scope)
        if runs_on != HERE:
            return LegResult(leg, "not here", f"it runs on {runs_on}")
        start = time.monotonic()
        try:
            ended_as = _Steps(workflow, job, machine, contexts).run()
        finally:
            machine.discard()
        return LegResult(leg, seconds=time.monotonic() - start, summary=machine.summary, **ended_as)

    def _machine(self, workflow: Workflow, job: Job, at: int) -> Machine:
        permissions = job.content.get("permissions", workflow.content.get("permissions"))
        if not isinstance(permissions, dict):
            raise WorkflowError(f"jobs.{job.id}: write the permissions as a mapping")
        folder = self.folder / f"{job.id}-{at}"
        artifacts = self.folder / "artifacts"
        artifacts.mkdir(parents=True, exist_ok=True)
        return Machine(
            folder=folder,
            event=self.event,
            permissions=permissions,
            home=self.home or folder / "home",
            tools=folder / "tools",
            artifacts=artifacts,
        )


class _Steps:
    """The steps of one leg."""

    def __init__(
        self,
        workflow: Workflow,
        job: Job,
        machine: Machine,
        contexts: Mapping[str, Any],
    ) -> None:
        self.workflow, self.job, self.machine = workflow, job, machine
        self.contexts, self.steps = dict(contexts), dict[str, dict[str, Any]]()
        self.failed, self.log = "", list[str]()
        self.deadline = time.monotonic() + 60 * float(job.content["timeout-minutes"])
        self.env = self._rendered({**workflow.content.get("env", {}), **job.content.get("env", {})})

    def run(self) -> dict[str, Any]:
        """Run every step whose condition holds and return how the leg ended."""
        try:
            for step in self.job.steps:
                self._step(step)
        except NotHereError as reason:
            return {"result": "not here", "why": str(reason)}
        outputs = self._rendered(self.job.content.get("outputs", {}))
        result: Result = "failure" if self.failed else "success"
        log = "\n".join(self.log)
        return {"result": result, "why": self.failed, "log": log, "outputs": outputs}

    def _step(self, step: Step) -> None:
        outcome, outputs = "skipped", dict[str, str]()
        if condition(step.content.get("if", "success()"), self._scope()):
            error, outputs = self._do(step)
            outcome = "failure" if error else "success"
            self.failed = self.failed or error
        if step.id:
            self.steps[step.id] = {"outcome": outcome, "conclusion": outcome, "outputs": outputs}

    def _do(self, step: Step) -> tuple[str, dict[str, str]]:
        """Return what went wrong, or nothing, and the outputs."""
        self.log.append(f"##[group]{step.title}")
        if "uses" in step.content:
            return self._use(step)
        env = {**self.env, **self._rendered(step.content.get("env", {}))}
        script = to_text(render(step.content["run"], self._scope()))
        left = self.deadline - time.monotonic()
        ended = self.machine.run(script, step.content.get("shell"), env, left)
        self.log.append(ended.log)
        error = f"{step.title} ended with {ended.code}" if ended.code else ""
        return error, dict(ended.outputs)

    def _use(self, step: Step) -> tuple[str, dict[str, str]]:
        inputs = self._rendered(step.content.get("with", {}))
        try:
            return "", dict(use(self.machine, step.content["uses"], inputs))
        except ActionError as error:
            self.log.append(str(error))
            return f"{step.title}: {error}", {}

    def _scope(self) -> Scope:
        functions: dict[str, Function] = {
            **PURE,
            **_status(not self.failed, bool(self.failed)),
            "hashFiles": self.machine.hash_files,
        }
        contexts = {**self.contexts, "steps": self.steps, "env": getattr(self, "env", {})}
        return Scope(contexts, functions, frozenset({"github.event"}))

    def _rendered(self, texts: Mapping[str, object]) -> dict[str, str]:
        scope = self._scope()
        return {
            name: to_text(render(text, scope) if isinstance(text, str) else text)
            for name, text in texts.items()
        }


def _status(is_success: bool, is_failure: bool) -> dict[str, Callable[[], bool]]:
    return {
        "success": lambda: is_success,
        "failure": lambda: is_failure,
        "always": lambda: True,
        "cancelled": lambda: False,
    }


def _whole(job: Job) -> list[Leg]:
    """Return the legs with null for what only other legs name."""
    names = {name for leg in job.legs for name in leg}
    return [{name: leg.get(name) for name in sorted(names)} for leg in job.legs]


def _words(leg: Leg) -> str:
    return re.sub(r"[{}']", "", str({name: value for name, value in leg.items() if value}))
