"""The actions that build, push and attest images: they build, and note what they push."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from workflow.document import WorkflowError
from workflow.machine import ActionError, Machine, NotHereError

REGISTRY = "ghcr.io"
NAME = re.compile(rf"{re.escape(REGISTRY)}/[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)+")
TAG_OF_GIT = "type=ref,event=tag"
LABEL = "org.opencontainers.image"

Inputs = Mapping[str, str]
Outputs = dict[str, str]


def set_up_buildx(machine: Machine, _: Inputs) -> Outputs:
    """Require an engine."""
    if shutil.which("docker") is None or _docker(machine, "info").returncode != 0:
        raise NotHereError("no Docker Engine runs on this machine")
    return {}


def log_in(machine: Machine, inputs: Inputs) -> Outputs:
    """Keep that the job may push, if its token says so."""
    if (inputs["registry"], inputs["password"]) != (REGISTRY, machine.token):
        raise ActionError(f"the token of the job opens {REGISTRY} only")
    _require_permission(machine, "packages")
    machine.registries.add(REGISTRY)
    return {}


def describe(machine: Machine, inputs: Inputs) -> Outputs:
    """Return the tags and labels of an image for a tag of git."""
    name, ref = _valid(inputs["images"]), machine.event.ref
    if inputs["tags"] != TAG_OF_GIT:
        raise WorkflowError(f"docker/metadata-action: the runner knows {TAG_OF_GIT!r} only")
    version = ref.removeprefix("refs/tags/")
    labels = {"revision": machine.event.sha, "version": version}
    return {
        "tags": f"{name}:{version}\n{name}:latest",
        "labels": "\n".join(f"{LABEL}.{key}={value}" for key, value in labels.items()),
    }


def build_and_push(machine: Machine, inputs: Inputs) -> Outputs:
    """Build the image for real, and note what a push would have sent."""
    if inputs.get("context") != ".":
        # Without it the action clones the commit again, and what earlier steps made is not there.
        raise WorkflowError("docker/build-push-action must say context: .")
    tags = inputs["tags"].split()
    _require_login(machine, tags)
    file = machine.temp / "pushed"
    labels = [f"--label={line}" for line in inputs["labels"].splitlines()]
    done = _docker(machine, "build", "--iidfile", str(file), *labels, ".")
    if done.returncode != 0:
        raise ActionError(done.stderr[-6000:])
    digest = file.read_text(encoding="utf-8").strip()
    _note(machine, {"pushed": tags, "digest": digest})
    return {"digest": digest}


def attest(machine: Machine, inputs: Inputs) -> Outputs:
    """Note which image is attested, if the job may do that and the image was pushed."""
    for permission in ("id-token", "attestations"):
        _require_permission(machine, permission)
    name, digest = _valid(inputs["subject-name"]), inputs["subject-digest"]
    _require_login(machine, [name])
    if digest not in {note.get("digest") for note in notes(machine.artifacts)}:
        raise ActionError(f"{name}@{digest} was not pushed")
    _note(machine, {"attested": name, "of": digest})
    return {}


def notes(artifacts: Path) -> list[dict[str, object]]:
    """Return what was pushed and attested, the oldest first."""
    file = artifacts / "registry.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def _note(machine: Machine, what: Mapping[str, object]) -> None:
    with (machine.artifacts / "registry.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(what) + "\n")


def _valid(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ActionError(f"{name!r} is no name of an image in {REGISTRY}: it takes lower case")
    return name


def _require_login(machine: Machine, tags: list[str]) -> None:
    if not tags or not all(tag.partition("/")[0] in machine.registries for tag in tags):
        raise ActionError(f"denied: nobody has logged in to push {tags}")


def _require_permission(machine: Machine, name: str) -> None:
    if machine.permissions.get(name) != "write":
        raise ActionError(f"denied: the job has no permission {name}: write")


def _docker(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments],
        cwd=machine.workspace,
        env=machine.environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
