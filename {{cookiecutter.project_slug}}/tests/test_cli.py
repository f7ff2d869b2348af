import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from predictor import ingest, promote
from predictor.cli import app
from predictor.rules import Finding


def test_run_runs_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(ingest, "ingest", lambda: ran.append("ingest"))
    assert CliRunner().invoke(app, ["run", "ingest"]).exit_code == 0
    assert ran == ["ingest"]


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 1)])
def test_a_refusal_is_an_error_only_if_strict(
    monkeypatch: pytest.MonkeyPatch, strict: list[str], code: int
) -> None:
    finding = Finding("not worse than linear", False, "0.6 against 0.5", "the linear one")
    verdict = promote.Verdict(version="3", judged_before=0, promotes=False, findings=[finding])
    monkeypatch.setattr(promote, "promote", lambda: verdict)
    result = CliRunner().invoke(app, ["promote", *strict])
    assert result.exit_code == code
    assert "NO  not worse than linear: 0.6 against 0.5" in result.output


def test_an_error_is_a_sentence_and_not_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from predictor.cli import main; main()", "run", "prepare"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: No Parquet file in data/raw: run `uv run dvc repro ingest`.\n"
