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
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

# What a runner of GitHub does not have, and what would show the machine of the tests.
HIDDEN = (
    *("GIT_AUTHOR", "GIT_COMMITTER", "GITHUB_", "GH_", "VIRTUAL_ENV", "PYTHON", "PYTEST"),
    *("MLFLOW", "PREDICTOR", "DVC", "UV_PROJECT", "UV_PYTHON", "XDG_"),
)
STAND_INS = Path(__file__).parent / "stand_ins"
REPOSITORY = "somebody/Repository"


class NotHereError(Exception):
    """This job needs what this machine does not have; the reason is said, the job not run."""


class ActionError(Exception):
    """An action failed, as it would on GitHub."""


@dataclass(frozen=True)
class Event:
    """What started the workflow; `repository` is the folder that stands for GitHub's."""

    repository: Path
    name: str
    ref: str
    sha: str
    base_ref: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


class Outcome(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    log: str
    outputs: dict[str, str]


@dataclass
class Machine:
    """One runner: it lives as long as one leg of one job."""

    folder: Path
    event: Event
    permissions: Mapping[str, str]
    home: Path
    artifacts: Path
    path: list[str] = field(default_factory=list)
    registries: set[str] = field(default_factory=set)
    summary: str = ""
    has_container: bool = False

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
            "actor": "somebody",
            "base_ref": self.event.base_ref,
            "event": self.event.payload,
            "event_name": self.event.name,
            "ref": self.event.ref,
            "ref_name": re.sub("^refs/(heads/|tags/)?", "", self.event.ref),
            "repository": REPOSITORY,
            "sha": self.event.sha,
            "token": self.token,
        }

    def run(self, script: str, env: Mapping[str, str], seconds: float) -> Outcome:
        """Run a script with the shell of GitHub, and read what it wrote to GitHub's files."""
        file = self.temp / "step.sh"
        file.write_text(script, encoding="utf-8")
        files = {name: self.temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        given = {name: str(path) for name, path in files.items()}
        command = ["bash", "-e", str(file)]
        code, log = self._execute(command, {**self.environment(), **env, **given}, seconds)
        output, summary = (path.read_text(encoding="utf-8") for path in files.values())
        self.summary += summary
        self.has_container |= code == 0 and script.startswith("docker run")
        return Outcome(code, log, dict(line.split("=", 1) for line in output.splitlines()))

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
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_REF": self.event.ref,
            "GITHUB_SHA": self.event.sha,
            "GITHUB_EVENT_NAME": self.event.name,
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_OS": "Linux",
        }

    def hash_files(self, pattern: str) -> str:
        """Return one hash of all files that match, or nothing if none does."""
        files = sorted(path for path in self.workspace.glob(pattern) if path.is_file())
        contents = b"".join(path.read_bytes() for path in files)
        return hashlib.sha256(contents).hexdigest() if files else ""

    def discard(self) -> None:
        """Throw away what is large or goes on running; GitHub throws the whole machine away."""
        shutil.rmtree(self.workspace / ".venv", ignore_errors=True)
        if self.has_container:
            command = ["docker", "rm", "--force", "--volumes", "predictor"]
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
                # Leave neither what hangs nor what a step has put into the background.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            log.seek(0)
            return code, log.read()


def uv() -> Path:
    """Return the uv beside the tests."""
    found = shutil.which("uv", path=str(Path(sys.executable).parent))
    if found is None:
        raise NotHereError("uv is not installed beside the tests")
    return Path(found)


@cache
def uv_cache() -> str:
    """Return the cache of wheels, which stands for the one that setup-uv restores."""
    command = [str(uv()), "cache", "dir"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
