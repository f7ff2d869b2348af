import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from predictor.cli.main import app
from predictor.project import Project

VERBS = [
    *("setup", "pipeline", "serve", "rollback", "history", "score", "check", "ui", "remote"),
    *("pack", "smoke", "stack"),
    *("ingest", "prepare", "train", "evaluate", "reproduce", "compare", "summary"),
]


def predictor(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "-m", "predictor", *arguments)


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_help_lists_every_verb(tmp_path: Path) -> None:
    # GitHub's machines get their help in colours.
    shown = re.sub(r"\x1b\[[\d;]*m", "", predictor(tmp_path, "--help").stdout)
    assert [verb for verb in [*VERBS, "promote", "validate"] if f" {verb} " not in shown] == []


@pytest.mark.parametrize("verb", [*VERBS, "promote", "validate", "adopt"])
def test_help_of_a_verb_has_an_example(verb: str) -> None:
    shown = CliRunner().invoke(app, [verb, "--help"]).output
    assert f"Example: `predictor {verb}" in shown


def test_an_error_is_a_sentence_and_not_a_traceback(project: Project) -> None:
    project.params.write_text("ingest: {thruogh: 2024-01}\n", encoding="utf-8")
    run = predictor(project.root, "validate")
    assert run.returncode == 1
    assert run.stderr.startswith("error: params.yaml: ")
    assert "unknown key 'thruogh' (did you mean 'through'?)" in run.stderr
    assert "Traceback" not in run.stderr


def test_valid_documents_are_said_to_be_valid(project: Project) -> None:
    run = predictor(project.root, "validate")
    assert (run.returncode, run.stdout) == (0, "contract.yaml and params.yaml are valid\n")
