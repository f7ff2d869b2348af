"""What a commit recorded of the pipeline: its lock, its metrics, its data."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import yaml

from predictor.documents import Document, parse
from predictor.errors import PredictorError
from predictor.evaluation.report import Evaluation
from predictor.project import Project
from predictor.proof.fingerprint import Fingerprint

LOCK, EVALUATION, FINGERPRINT = "dvc.lock", "reports/evaluation.json", "reports/data.json"
SHOWN, README = "reports/champion/evaluation.json", "README.md"

D = TypeVar("D", bound=Document)


class Key(NamedTuple):
    """A parameter, a dependency or an output of a stage."""

    stage: str
    name: str


@dataclass(frozen=True)
class Lock:
    """`dvc.lock`: what went into every stage, and the hashes of what came out."""

    commands: Mapping[str, object]
    params: Mapping[Key, object]
    deps: Mapping[Key, str]
    outs: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> "Lock":
        """Read the text of a lock file."""
        stages: dict[str, dict[str, Any]] = (yaml.safe_load(text) or {}).get("stages", {})
        return cls(
            commands={name: stage["cmd"] for name, stage in stages.items()},
            params={
                Key(name, param): value
                for name, stage in stages.items()
                for group in stage.get("params", {}).values()
                for param, value in _flat(group)
            },
            deps={
                Key(name, dep["path"]): dep["md5"]
                for name, stage in stages.items()
                for dep in stage.get("deps", [])
            },
            outs={
                out["path"]: out["md5"]
                for stage in stages.values()
                for out in stage.get("outs", [])
            },
        )

    def params_of(self, stage: str) -> dict[str, object]:
        """Return the parameters of one stage by their dotted names."""
        return {key.name: value for key, value in self.params.items() if key.stage == stage}


@dataclass(frozen=True)
class Commit:
    """A revision of the repository, read without checking it out."""

    project: Project
    revision: str

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, or None if the commit does not have it.

        Raises:
            PredictorError: there is no such commit.
        """
        if self._git("cat-file", "-e", f"{self.revision}:./{path}").returncode == 0:
            return self._git("show", f"{self.revision}:./{path}").stdout
        if self._git("rev-parse", "--verify", f"{self.revision}^{{commit}}").returncode != 0:
            raise PredictorError(
                f"git knows no commit {self.revision!r} here: fetch it, or name another one."
            )
        return None

    def text(self, path: str) -> str | None:
        """Return a text file, or None if the commit does not have it."""
        content = self.read(path)
        return None if content is None else content.decode("utf-8")

    def lock(self) -> Lock | None:
        """Return `dvc.lock`, or None if nothing is recorded."""
        text = self.text(LOCK)
        return None if text is None else Lock.parse(text)

    def evaluation(self) -> Evaluation | None:
        """Return the metrics of the model."""
        return self._document(Evaluation, EVALUATION)

    def shown(self) -> Evaluation | None:
        """Return the metrics of the champion, which the README shows."""
        return self._document(Evaluation, SHOWN)

    def fingerprint(self) -> Fingerprint | None:
        """Return the hashes of the values of data/raw."""
        return self._document(Fingerprint, FINGERPRINT)

    def md5(self, path: str) -> str | None:
        """Return the hash that DVC gives a file, or None if the commit does not have it."""
        content = self.read(path)
        return None if content is None else hashlib.md5(content, usedforsecurity=False).hexdigest()

    def _document(self, kind: type[D], path: str) -> D | None:
        text = self.text(path)
        if text is None:
            return None
        try:
            return parse(kind, json.loads(text), f"{path} of {self.revision}")
        except json.JSONDecodeError as error:
            raise PredictorError(f"{path} of {self.revision} is not JSON: {error}.") from error

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        git = shutil.which("git")
        if git is None:
            raise PredictorError("git is not installed, and it knows what was committed.")
        command = [git, "-C", str(self.project.root), *arguments]
        return subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (ours)


def _flat(group: object, prefix: str = "") -> list[tuple[str, object]]:
    """Return every value of nested mappings with its dotted name."""
    if not isinstance(group, dict):
        return [(prefix, group)]
    dot = "." if prefix else ""
    return [pair for name, value in group.items() for pair in _flat(value, f"{prefix}{dot}{name}")]
