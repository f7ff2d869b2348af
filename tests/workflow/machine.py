"""What a job runs on: a clean folder, a clean environment, and GitHub's files."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflow.document import WorkflowError

SHELLS = {
    None: ["bash", "-e"],
    "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
}
# What a runner of GitHub does not have, and what would show the machine of the tests.
HIDDEN = (
    *("GIT_AUTHOR", "GIT_COMMITTER", "GITHUB_", "GH_", "VIRTUAL_ENV", "PYTHON", "PYTEST"),
    *("MLFLOW", "PREDICTOR", "DVC", "UV_PROJECT", "UV_PYTHON", "XDG_"),
)
STAND_INS = Path(__file__).parent / "stand_ins"


@dataclass(frozen=True)
class Event:
    """What started the workflow; `repository` is the folder that stands for GitHub's."""

    repository: Path
    name: str
    ref: str
    sha: str
    base_ref: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    code: int
    log: str
    outputs: Mapping[str, str]


@dataclass
class Machine:
    """One runner: it lives as long as one leg of one job."""

    folder: Path
    event: Event
    permissions: Mapping[str, str]
    home: Path
    tools: Path
    artifacts: Path
    exported: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    registries: set[str] = field(default_factory=set)
    summary: str = ""

    def __post_init__(self) -> None:
        """Make the folders that GitHub makes."""
        for folder in (self.workspace, self.temp, self.home):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def workspace(self) -> Path:
        """Where the repository is checked out."""
        return self.folder / "work" / "repository"

    @property
    def temp(self) -> Path:
        """GitHub's RUNNER_TEMP."""
        return self.folder / "temp"

    @property
    def token(self) -> str:
        """A token that says what it may, for the stand-in of `gh` to judge."""
        return f"stand-in {json.dumps(dict(self.permissions))}"

    def github(self) -> dict[str, Any]:
        """Return the context `github`."""
        return {
            "event": self.event.payload,
            "event_name": self.event.name,
            "ref": self.event.ref,
            "ref_name": re.sub("^refs/(heads/|tags/)?", "", self.event.ref),
            "sha": self.event.sha,
            "base_ref": self.event.base_ref,
            "actor": "somebody",
            "repository": "somebody/repository",
            "server_url": "https://github.com",
            "run_id": "1",
            "token": self.token,
            "workspace": str(self.workspace),
        }

    def run(
        self, script: str, shell: str | None, env: Mapping[str, str], seconds: float
    ) -> Outcome:
        """Run the script of a step as GitHub does, with its environment files."""
        if shell not in SHELLS:
            raise WorkflowError(f"the shell {shell!r} is not known")
        file = self.temp / "step.sh"
        file.write_text(script, encoding="utf-8")
        names = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        files = {name: self.temp / name.lower() for name in names}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        given = {name: str(path) for name, path in files.items()}
        environment = {**self.environment(), **env, **given}
        code, log = self._execute([*SHELLS[shell], str(file)], environment, seconds)
        texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
        self.exported |= assignments(texts["GITHUB_ENV"])
        self.path = [*texts["GITHUB_PATH"].split(), *self.path]
        self.summary += texts["GITHUB_STEP_SUMMARY"]
        return Outcome(code, log, assignments(texts["GITHUB_OUTPUT"]))

    def environment(self) -> dict[str, str]:
        """Return what every step sees."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
        ours = str(Path(sys.executable).parent)
        before = [part for part in kept["PATH"].split(os.pathsep) if part != ours]
        return {
            **kept,
            "PATH": os.pathsep.join([*self.path, str(STAND_INS), *before]),
            "HOME": str(self.home),
            # Where Docker's client finds its plug-ins, and the proxy that builds go through.
            "DOCKER_CONFIG": os.environ.get("DOCKER_CONFIG", str(Path.home() / ".docker")),
            "UV_CACHE_DIR": uv_cache(),
            "UV_PYTHON_DOWNLOADS": "never",
            "STAND_IN_LOG": str(self.artifacts / "gh.jsonl"),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_REPOSITORY": "somebody/repository",
            "GITHUB_REF": self.event.ref,
            "GITHUB_SHA": self.event.sha,
            "GITHUB_EVENT_NAME": self.event.name,
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_OS": "Linux",
            **self.exported,
        }

    def hash_files(self, *patterns: object) -> str:
        """Return one hash of all files that match, or nothing if none does."""
        found = {path for pattern in patterns for path in self.workspace.glob(str(pattern))}
        files = sorted(path for path in found if path.is_file())
        contents = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)
        return hashlib.sha256(contents).hexdigest() if files else ""

    def discard(self) -> None:
        """Throw away what is large or goes on running; GitHub throws the whole machine away."""
        shutil.rmtree(self.workspace / ".venv", ignore_errors=True)
        for file in self.temp.glob("container*"):
            name = file.read_text(encoding="utf-8")
            command = ["docker", "rm", "--force", "--volumes", name]
            subprocess.run(command, check=True, capture_output=True)

    def _execute(
        self, command: list[str], environment: Mapping[str, str], seconds: float
    ) -> tuple[int, str]:
        with (self.temp / "log.txt").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                command,
                cwd=self.workspace,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(timeout=max(seconds, 1))
            except subprocess.TimeoutExpired:
                log.write("the job took longer than timeout-minutes")
                code = 1
            finally:
                _end(process)
            log.seek(0)
            return code, log.read()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind: neither what hangs nor what a step has put into the background."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def assignments(text: str) -> dict[str, str]:
    """Read `name=value` and `name<<END` ... `END` lines, as in GITHUB_OUTPUT."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, sign, value = line.partition("=")
        heredoc, mark, end = line.partition("<<")
        if mark and len(heredoc) < len(name):
            found[heredoc] = "\n".join(iter(lambda: next(lines), end))
        elif sign:
            found[name] = value
        else:
            raise WorkflowError(f"{line!r} is no assignment")
    return found


def uv_cache() -> str:
    """Return the cache of wheels, which stands for the one that setup-uv restores."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    result = subprocess.run([uv, "cache", "dir"], check=True, capture_output=True, text=True)
    return result.stdout.strip()
