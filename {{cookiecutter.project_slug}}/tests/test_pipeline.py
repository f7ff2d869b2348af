import ast
from pathlib import Path

import pytest
from conftest import ROOT
from ruamel.yaml import YAML

PACKAGE = ROOT / "src" / "predictor"
STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
SECTIONS = {"Ingest": "ingest", "Prepare": "prepare", "Train": "train", "Evaluate": "evaluate"}


def imports(module: str, seen: set[str]) -> set[str]:
    """Return the modules of the package that a module imports, and the module itself."""
    if module in seen or not (PACKAGE / f"{module}.py").exists():
        return seen
    seen.add(module)
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("predictor"):
            inside = (node.module or "").removeprefix("predictor").removeprefix(".")
            for name in [inside] if inside else [alias.name for alias in node.names]:
                imports(name, seen)
    return seen


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_files_that_it_imports(stage: str) -> None:
    named = {Path(dep).stem for dep in STAGES[stage]["deps"] if dep.startswith("src/")}
    assert named == imports(stage, set())


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_parameters_that_it_reads(stage: str) -> None:
    source = (PACKAGE / f"{stage}.py").read_text()
    read = {section for name, section in SECTIONS.items() if f"{name})" in source}
    if "params.read(task.Problem)" in source:
        read.add("problem")
    assert read <= set(STAGES[stage]["params"])


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_the_command_of_its_name(stage: str) -> None:
    assert STAGES[stage]["cmd"] == f"predictor run {stage}"


def test_every_other_input_of_a_stage_is_the_output_of_a_stage() -> None:
    written = {
        path
        for stage in STAGES.values()
        for kind in ("outs", "metrics")
        for out in stage.get(kind, [])
        for path in ([out] if isinstance(out, str) else out)
    }
    read = {dep for stage in STAGES.values() for dep in stage["deps"]}
    assert {dep for dep in read if not dep.startswith(("src/", "data/source/"))} <= written
