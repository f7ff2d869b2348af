"""The actions that the workflows use, each as what it does on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from workflow import images
from workflow.document import WorkflowError
from workflow.machine import Machine
from workflow.results import ActionError, Inputs, NotHereError, Outputs

Action = Callable[[Machine, Inputs], Outputs]


def use(machine: Machine, uses: str, inputs: Inputs) -> Outputs:
    """Do what an action does.

    Raises:
        WorkflowError: the action, or one of its inputs, is not known here.
        ActionError: it fails.
        NotHereError: it would succeed on GitHub's machines and cannot on this one.
    """
    name, _, commit = uses.partition("@")
    if name not in ACTIONS or len(commit) != 40:
        raise WorkflowError(f"the action {uses!r} is not known here, or not pinned by commit")
    action, known = ACTIONS[name]
    unknown = sorted(inputs.keys() - known)
    if unknown:
        raise WorkflowError(f"{name}: the runner does not know the input {unknown[0]!r}")
    return action(machine, inputs)


def checkout(machine: Machine, inputs: Inputs) -> Outputs:
    """Clone one commit, or all branches and tags with `fetch-depth: 0`, and keep no way back."""
    if inputs.get("persist-credentials") != "false":
        raise WorkflowError("actions/checkout must say persist-credentials: false")
    event, depth = machine.event, inputs.get("fetch-depth", "1")
    here = event.ref.replace("refs/heads/", "refs/remotes/origin/", 1)
    here = here.replace("refs/pull/", "refs/remotes/pull/", 1)
    whole = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    every = whole if depth == "0" else [f"--depth={depth}"]
    _git(machine, "init", "--quiet", "--initial-branch", "main")
    url = f"file://{event.repository.resolve()}"
    _git(machine, "fetch", "--quiet", "--no-tags", url, *every, f"+{event.ref}:{here}")
    branch = event.ref.removeprefix("refs/heads/")
    where = ["-B", branch, here] if branch != event.ref else ["--detach", here]
    _git(machine, "checkout", "--quiet", *where)
    if _git(machine, "rev-parse", "HEAD").strip() != event.sha:
        raise ActionError(f"{event.ref} is not at {event.sha}")
    # A private repository cannot be fetched from without credentials.
    _git(machine, "remote", "add", "origin", "https://github.invalid/somebody/repository")
    return {}


def setup_uv(machine: Machine, inputs: Inputs) -> Outputs:
    """Put uv on the path and choose the Python, if it is installed here."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        raise NotHereError("uv is not installed beside the tests")
    tools = machine.tools / "uv"
    tools.mkdir(parents=True, exist_ok=True)
    for name in ("uv", "uvx"):
        if not (tools / name).exists():
            (tools / name).symlink_to(Path(uv).with_name(name))
    machine.path.insert(0, str(tools))
    version = inputs.get("python-version", "")
    if version:
        _require_python(uv, version)
        machine.exported["UV_PYTHON"] = version
    return {}


def _require_python(uv: str, version: str) -> None:
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    found = subprocess.run(
        [uv, "python", "find", "--no-project", version],
        env=environment,
        capture_output=True,
        check=False,
    )
    if found.returncode != 0:
        raise NotHereError(f"Python {version} is not installed on this machine")


def upload_artifact(machine: Machine, inputs: Inputs) -> Outputs:
    """Keep files for later jobs, below the folder that they have in common."""
    patterns = [line.strip() for line in inputs["path"].splitlines() if line.strip()]
    found = [path for pattern in patterns for path in _matching(machine.workspace, pattern)]
    if not found:
        raise ActionError(f"no file is at {inputs['path']!r}")
    top = machine.workspace if len(patterns) > 1 else found[0].parent
    if len(patterns) == 1 and (machine.workspace / patterns[0]).is_dir():
        top = machine.workspace / patterns[0]
    target = machine.artifacts / inputs.get("name", "artifact")
    if target.exists():
        raise ActionError(f"there is an artifact {target.name!r} already")
    for path in found:
        copy = target / path.relative_to(top)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return {"artifact-id": target.name}


def download_artifact(machine: Machine, inputs: Inputs) -> Outputs:
    """Fetch what an earlier job kept."""
    source = machine.artifacts / inputs["name"]
    if not source.is_dir():
        raise ActionError(f"there is no artifact {inputs['name']!r}")
    target = machine.workspace / inputs.get("path", ".")
    shutil.copytree(source, target, dirs_exist_ok=True)
    return {}


ACTIONS: Mapping[str, tuple[Action, set[str]]] = {
    "actions/checkout": (checkout, {"persist-credentials", "fetch-depth"}),
    "actions/upload-artifact": (upload_artifact, {"name", "path"}),
    "actions/download-artifact": (download_artifact, {"name", "path"}),
    "astral-sh/setup-uv": (setup_uv, {"python-version", "enable-cache"}),
    "docker/setup-buildx-action": (images.set_up_buildx, set()),
    "docker/login-action": (images.log_in, {"registry", "username", "password"}),
    "docker/metadata-action": (images.describe, {"images", "tags"}),
    "docker/build-push-action": (
        images.build_and_push,
        {"context", "file", "push", "tags", "labels", "build-args"},
    ),
    "actions/attest-build-provenance": (
        images.attest,
        {"subject-name", "subject-digest", "push-to-registry"},
    ),
}


def _matching(workspace: Path, pattern: str) -> list[Path]:
    where = workspace / pattern
    if where.is_dir():
        return sorted(path for path in where.rglob("*") if path.is_file())
    return sorted(path for path in workspace.glob(pattern) if path.is_file())


def _git(machine: Machine, *arguments: str) -> str:
    result = subprocess.run(
        ["git", *arguments],
        cwd=machine.workspace,
        env=machine.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise ActionError(f"git {arguments[0]}: {result.stderr.strip()}")
    return result.stdout
