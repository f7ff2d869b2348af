"""dvc.yaml names what the stages read."""

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
# Modules and packages that carry, report or store results and do not shape them.
PLUMBING = {
    *("bundle", "data.frames", "documents", "errors", "evaluation.report", "files", "gate"),
    *("integrity", "params", "progress", "project", "proof.provenance", "registry", "release"),
    "statistics",
}


def imported(module: Path) -> set[str]:
    """Return the modules of the package that a file imports, as dotted names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "predictor":
            names |= {_dotted(str(node.module), alias.name) for alias in node.names}
    return names


def _dotted(package: str, name: str) -> str:
    """Return the module that `from package import name` reads, without `predictor.`."""
    folder = (ROOT / "src").joinpath(*package.split("."))
    module = f"{package}.{name}" if folder.is_dir() and _is_module(folder / name) else package
    return module.removeprefix("predictor").removeprefix(".")


def _is_module(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").is_file()


def needed(stage: str) -> set[str]:
    """Return every module that shapes the result of a stage, itself included."""
    found, left = set[str](), {stage}
    while left:
        name = left.pop()
        found.add(name)
        path = ROOT / "src" / "predictor" / f"{name.replace('.', '/')}.py"
        if path.is_file():
            left |= imported(path) - found
    return {name for name in found if PLUMBING.isdisjoint((name, _package(name)))}


def _package(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_every_module_that_shapes_its_result(stage: str) -> None:
    declared = {
        dep.removeprefix("src/predictor/").removesuffix(".py").replace("/", ".")
        for dep in STAGES[stage]["deps"]
        if dep.startswith("src/")
    }
    assert {name for name in needed(stage) if _package(name) not in declared} <= declared
