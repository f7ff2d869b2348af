"""Run a workflow: jobs in order, legs of the matrix, steps with their conditions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from workflow.actions import use
from workflow.document import Job, Leg, Step, Workflow, WorkflowError
from workflow.expressions import PURE, Function, Scope, condition, render
from workflow.machine import ActionError, Event, Machine, NotHereError

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
            f"{name:9} {leg.result:8} {leg.seconds:4.0f} s {' '.join(leg.leg.values())} {leg.why}"
            for name, job in self.jobs.items()
            for leg in job.legs
        )


@dataclass(frozen=True)
class Runner:
    """Runs workflows for one event; every job begins in a folder of its own below `folder`."""

    event: Event
    folder: Path
    home: Path | None = None

    def run(self, workflow: Workflow, given: Mapping[str, JobResult | Result] | None = None) -> Run:
        """Run every job, except those whose result is `given`; two at a time.

        Raises:
            WorkflowError: it holds something that is not known here, or is not for this event.
        """
        if self.event.name not in workflow.events:
            raise WorkflowError(f"{workflow.name} does not run on {self.event.name}")
        done = {
            name: how if isinstance(how, JobResult) else JobResult(name, (LegResult({}, how),))
            for name, how in (given or {}).items()
        }
        with ThreadPoolExecutor(2) as pool:
            while rest := [job for job in workflow.jobs.values() if job.id not in done]:
                ready = [job for job in rest if set(job.needs) <= done.keys()]
                if not ready:
                    raise WorkflowError("the jobs need each other in a circle")
                ended = pool.map(self._job, ready, [dict(done)] * len(ready))
                done |= {result.id: result for result in ended}
        return Run({name: done[name] for name in workflow.jobs})

    def _job(self, job: Job, done: Mapping[str, JobResult]) -> JobResult:
        needs = {name: done[name] for name in job.needs}
        results = tuple(self._leg(job, leg, needs, at) for at, leg in enumerate(job.legs))
        if all(result.result == "not here" for result in results):
            raise WorkflowError(f"no leg of jobs.{job.id} can run here: {results[0].why}")
        return JobResult(job.id, results)

    def _leg(self, job: Job, leg: Leg, needs: Mapping[str, JobResult], at: int) -> LegResult:
        machine = self._machine(job, at)
        contexts = {
            "github": machine.github(),
            "secrets": {"PREDICTOR_LOG": ""},  # as on GitHub if it was not set
            "needs": {name: each.context for name, each in needs.items()},
            "matrix": leg,
        }
        results = {each.result for each in needs.values()}
        scope = _scope(contexts, results <= {"success"}, "failure" in results)
        if not condition(job.content.get("if", "success()"), scope):
            return LegResult(leg, "skipped", "its condition does not hold")
        runs_on = render(job.content["runs-on"], scope)
        if runs_on != HERE:
            return LegResult(leg, "not here", f"it runs on {runs_on}")
        start = time.monotonic()
        try:
            ended = _Steps(job, machine, contexts).run(leg)
        finally:
            machine.discard()
        return replace(ended, seconds=time.monotonic() - start, summary=machine.summary)

    def _machine(self, job: Job, at: int) -> Machine:
        folder, artifacts = self.folder / f"{job.id}-{at}", self.folder / "artifacts"
        artifacts.mkdir(parents=True, exist_ok=True)
        return Machine(
            folder=folder,
            event=self.event,
            permissions=job.content["permissions"],
            home=self.home or folder / "home",
            artifacts=artifacts,
        )


class _Steps:
    """The steps of one leg."""

    def __init__(self, job: Job, machine: Machine, contexts: Mapping[str, Any]) -> None:
        self.job, self.machine, self.contexts = job, machine, contexts
        self.steps = dict[str, dict[str, Any]]()
        self.failed, self.log = "", list[str]()
        self.deadline = time.monotonic() + 60 * float(job.content["timeout-minutes"])
        self.env = self._rendered(job.content.get("env", {}))

    def run(self, leg: Leg) -> LegResult:
        """Run every step whose condition holds and return how the leg ended."""
        try:
            for step in self.job.steps:
                self._step(step)
        except NotHereError as reason:
            return LegResult(leg, "not here", str(reason))
        outputs = self._rendered(self.job.content.get("outputs", {}))
        result: Result = "failure" if self.failed else "success"
        return LegResult(leg, result, self.failed, "\n".join(self.log), outputs=outputs)

    def _step(self, step: Step) -> None:
        outcome, outputs = "skipped", dict[str, str]()
        if condition(step.content.get("if", "success()"), self._scope()):
            self.log.append(f"##[group]{step.title}")
            error, outputs = self._use(step) if "uses" in step.content else self._run(step)
            outcome = "failure" if error else "success"
            self.failed = self.failed or error
        if "id" in step.content:
            self.steps[step.content["id"]] = {"outcome": outcome, "outputs": outputs}

    def _run(self, step: Step) -> tuple[str, dict[str, str]]:
        """Return what went wrong, or nothing, and the outputs."""
        env = {**self.env, **self._rendered(step.content.get("env", {}))}
        script, left = render(step.content["run"], self._scope()), self.deadline - time.monotonic()
        ended = self.machine.run(script, env, left)
        self.log.append(ended.log)
        return f"{step.title} ended with {ended.code}" if ended.code else "", ended.outputs

    def _use(self, step: Step) -> tuple[str, dict[str, str]]:
        inputs = self._rendered(step.content.get("with", {}))
        try:
            return "", use(self.machine, step.content["uses"], inputs)
        except ActionError as error:
            self.log.append(str(error))
            return f"{step.title}: {error}", {}

    def _scope(self) -> Scope:
        contexts = {**self.contexts, "steps": self.steps}
        scope = _scope(contexts, not self.failed, bool(self.failed))
        return replace(scope, functions={**scope.functions, "hashFiles": self.machine.hash_files})

    def _rendered(self, texts: Mapping[str, object]) -> dict[str, str]:
        """Return texts with their expressions evaluated, and YAML's `true` as GitHub writes it."""
        scope = self._scope()
        return {
            name: render(str(text).lower() if isinstance(text, bool) else str(text), scope)
            for name, text in texts.items()
        }


def _scope(contexts: Mapping[str, Any], is_success: bool, is_failure: bool) -> Scope:
    status: dict[str, Function] = {
        "success": lambda: is_success,
        "failure": lambda: is_failure,
        "always": lambda: True,
        "cancelled": lambda: False,
    }
    return Scope(contexts, {**PURE, **status})
