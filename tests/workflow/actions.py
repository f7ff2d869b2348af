"""The actions that the workflows use, each as what it does on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from workflow import images
from workflow.document import WorkflowError
from workflow.machine import ActionError, Machine, uv

SITE = "github-pages"

Inputs = Mapping[str, str]
Outputs = dict[str, str]


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


def setup_uv(machine: Machine, _: Inputs) -> Outputs:
    """Put uv on the path, and nothing else of the tools beside the tests."""
    tools = machine.folder / "tools"
    tools.mkdir()
    for name in ("uv", "uvx"):
        (tools / name).symlink_to(uv().with_name(name))
    machine.path.insert(0, str(tools))
    return {}


def upload_artifact(machine: Machine, inputs: Inputs) -> Outputs:
    """Keep files for later jobs, below the folder that they have in common."""
    patterns = [line.strip() for line in inputs["path"].splitlines() if line.strip()]
    top = machine.workspace if len(patterns) > 1 else machine.workspace / patterns[0]
    found = [path for pattern in patterns for path in _files(machine.workspace / pattern)]
    if not found:
        raise ActionError(f"no file is at {inputs['path']!r}")
    target = machine.artifacts / inputs["name"]
    if target.exists():
        raise ActionError(f"there is an artifact {target.name!r} already")
    for path in found:
        copy = target / path.relative_to(top)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return {}


def download_artifact(machine: Machine, inputs: Inputs) -> Outputs:
    """Fetch what an earlier job kept."""
    source = machine.artifacts / inputs["name"]
    if not source.is_dir():
        raise ActionError(f"there is no artifact {inputs['name']!r}")
    shutil.copytree(source, machine.workspace / inputs.get("path", "."), dirs_exist_ok=True)
    return {}


def upload_pages_artifact(machine: Machine, inputs: Inputs) -> Outputs:
    """Keep a site for the job that publishes it."""
    return upload_artifact(machine, {"name": SITE, **inputs})


def deploy_pages(machine: Machine, _: Inputs) -> Outputs:
    """Publish the site that was kept, and say where it is."""
    for scope in ("pages", "id-token"):
        if machine.permissions.get(scope) != "write":
            raise ActionError(f"HTTP 403: the job has no permission {scope}: write")
    if not (machine.artifacts / SITE / "index.html").is_file():
        raise ActionError(f"the artifact {SITE!r} has no index.html")
    return {"page_url": "https://somebody.github.invalid/repository/"}


def create_pull_request(machine: Machine, inputs: Inputs) -> Outputs:
    """Record the pull request, as the stand-in of `gh` does, unless nothing has changed."""
    for scope in ("contents", "pull-requests"):
        if machine.permissions.get(scope) != "write":
            raise ActionError(f"HTTP 403: the job has no permission {scope}: write")
    changed = _git(machine, "status", "--porcelain").splitlines()
    if changed:
        body = machine.workspace / inputs["body-path"]
        call = {
            "arguments": ["pr", "create", "--head", inputs["branch"], "--title", inputs["title"]],
            "body": body.read_text(encoding="utf-8"),
            "changed": [line[3:] for line in changed],
        }
        machine.artifacts.mkdir(parents=True, exist_ok=True)
        with (machine.artifacts / "gh.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(call) + "\n")
    return {}


ACTIONS: Mapping[str, tuple[Callable[[Machine, Inputs], Outputs], set[str]]] = {
    "actions/checkout": (checkout, {"persist-credentials", "fetch-depth"}),
    "actions/upload-artifact": (upload_artifact, {"name", "path"}),
    "actions/download-artifact": (download_artifact, {"name", "path"}),
    "actions/upload-pages-artifact": (upload_pages_artifact, {"path"}),
    "actions/deploy-pages": (deploy_pages, set()),
    "peter-evans/create-pull-request": (
        create_pull_request,
        {"branch", "title", "commit-message", "body-path"},
    ),
    "astral-sh/setup-uv": (setup_uv, {"enable-cache"}),
    "docker/setup-buildx-action": (images.set_up_buildx, set()),
    "docker/login-action": (images.log_in, {"registry", "username", "password"}),
    "docker/metadata-action": (images.describe, {"images", "tags"}),
    "docker/build-push-action": (images.build_and_push, {"context", "push", "tags", "labels"}),
    "actions/attest-build-provenance": (
        images.attest,
        {"subject-name", "subject-digest", "push-to-registry"},
    ),
}


def _files(where: Path) -> list[Path]:
    return (
        [where] if where.is_file() else sorted(each for each in where.rglob("*") if each.is_file())
    )


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
