"""The end of the scaffold."""

import shutil
from pathlib import Path
from typing import Annotated, Any

import tomlkit
from cyclopts import Parameter

from predictor.errors import PredictorError
from scaffold.check import print_findings
from scaffold.git import require_clean_tree
from scaffold.parts import call, say

PYPROJECT = Path("pyproject.toml")


def finish(
    *, anyway: Annotated[bool, Parameter(help="Even if something is missing.")] = False
) -> None:
    """Delete this scaffold from the project, when `check` finds nothing missing.

    For example: python -m scaffold finish
    """
    missing = print_findings()
    if missing and not anyway:
        step = missing[0].step
        raise PredictorError(f"{len(missing)} missing; next: {step} (or `finish --anyway`)")
    require_clean_tree()
    written = without_scaffold(PYPROJECT.read_text(encoding="utf-8"))
    PYPROJECT.write_text(written, encoding="utf-8", newline="\n")
    shutil.rmtree("scaffold")
    for command in ("lock", "run ruff check", "run ruff format --check", "run mypy"):
        say(f"uv {command} ...")
        call("uv", *command.split())
    print('Then commit: `git add --all` and `git commit -m "Remove the scaffold"`')


def without_scaffold(text: str) -> str:
    """Return pyproject.toml without the dependency group, the files and rules of the scaffold."""
    document: Any = tomlkit.parse(text)
    tool = document["tool"]
    document["dependency-groups"].pop("scaffold", None)
    tool["mypy"].pop("exclude", None)
    tool["pytest"]["ini_options"].pop("pythonpath", None)
    for files in (tool["mypy"]["files"], tool["pytest"]["ini_options"]["testpaths"]):
        for name in [name for name in files if name.startswith("scaffold")]:
            files.remove(name)
    ignores = tool["ruff"]["lint"]["per-file-ignores"]
    for pattern in [pattern for pattern in ignores if pattern.startswith("scaffold")]:
        del ignores[pattern]
    return tomlkit.dumps(document)
