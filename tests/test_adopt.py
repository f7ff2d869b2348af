"""`python -m scaffold adopt`: another table becomes the project's own."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import Run, clean_environment, copy_of, git, predictor, run
from test_parts import run_tests

pytestmark = pytest.mark.slow

MARKER = "Zaphod Quillfeather"
PULL = "uv run dvc pull --quiet data/source/tumours.csv"
# Rows of the owner's own file, with target and notation: over HTTP and on the command line.
BATCH = """
from fastapi.testclient import TestClient
import pandas as pd
from predictor import api, data
from predictor.batch.score import score
from pathlib import Path
lines = data.SOURCE.read_text(encoding="utf-8").splitlines(keepends=True)[:21]
Path("rows.csv").write_text("".join(lines), encoding="utf-8")
score(Path("rows.csv"), Path("answers.parquet"))
with TestClient(api.app) as client:
    csv = {"Content-Type": "text/csv"}
    found = client.post("/predict/batch", content="".join(lines).encode(), headers=csv).json()
Path("rows.csv").unlink()
answers = pd.read_parquet("answers.parquet")["value"].tolist()
Path("answers.parquet").unlink()
print(sum(a["value"] == b for a, b in zip(found, answers, strict=True)), "the same")
"""
FLIGHTS = re.compile(r"flight|carrier|airport|nycflights", re.IGNORECASE)


def adopt(project: Path, *arguments: str) -> Run:
    return run(project, "uv", "run", "python", "-m", "scaffold", "adopt", *arguments, "--yes")


def adopted(project: Path, *arguments: str) -> str:
    done = adopt(project, *arguments)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--no-verify", "--message", "Adopt the table")
    return done.stdout


def about_flights(project: Path) -> list[str]:
    """Return where the code, the tests and the pages of a project speak of flights."""
    return [
        f"{path.relative_to(project)}: {found[0]}"
        for folder in ("src", "tests", "notebooks", "docs")
        for path in (project / folder).rglob("*.*")
        if path.suffix in (".py", ".md", ".ipynb", ".js")
        and (found := FLIGHTS.search(path.read_text(encoding="utf-8")))
    ]


def require_sound(everything: Path, project: Path) -> None:
    """Require that lint, types and every test pass, and that nothing speaks of flights."""
    for command in ("ruff check --no-cache", "ruff format --no-cache --check", "mypy"):
        program, *arguments = command.split()
        done = run(project, str(everything / ".venv" / "bin" / program), *arguments)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert " passed" in run_tests(everything, project, "tests")
    assert about_flights(project) == []


def test_a_table_with_several_classes(everything: Path, tables: Path, tmp_path: Path) -> None:
    project = copy_of(everything, tmp_path)
    said = adopted(project, str(tables / "wines.csv"), "--target", "target", "--time", "none")
    assert "is the champion" in said
    assert "Use `dvc push`" not in said  # which needs a remote
    schema = (project / "src/predictor/schema.py").read_text(encoding="utf-8")
    assert 'Target = Literal["class_0", "class_1", "class_2"]' in schema
    assert "class Wine(BaseModel" in schema
    assert "alcohol: float = Field(ge=" in schema
    require_sound(everything, project)


def test_a_table_with_times(everything: Path, tables: Path, tmp_path: Path) -> None:
    project, table = copy_of(everything, tmp_path), str(tables / "houses.csv")
    asked = adopt(project, table, "--target", "price")
    assert asked.returncode == 1
    assert '--time "sold": by sold: the newest rows are the test set' in asked.stderr
    assert git(project, "status", "--porcelain") == ""
    said = adopted(project, table, "--target", "price", "--time", "sold")
    assert "train.model: hist_gradient_boosting" in said
    code = (project / "src/predictor/data.py").read_text(encoding="utf-8")
    assert '"price": lambda table: numbers(table["price"], thousands=",", units=["£"])' in code
    assert '"sold": lambda table: times(table["sold"], format="%d.%m.%Y %H:%M")' in code
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert "> What is 'price' of a house?" in readme
    assert "The prediction is off by" in readme
    assert "20 the same" in run(project, ".venv/bin/python", "-c", BATCH).stdout
    require_sound(everything, project)


def test_a_clone_of_an_adopted_project_gives_the_same_metrics(
    core: Path, tables: Path, tmp_path: Path
) -> None:
    project = copy_of(core, tmp_path / "mine")
    adopted(project, str(tables / "houses.csv"), "--target", "price", "--time", "sold")
    found = run(project, "uv", "run", "python", "-m", "scaffold", "check").stdout
    assert "ok  each number in README.md is in a report" in found
    git(tmp_path, "clone", "--quiet", str(project), "clone")
    for command in ("uv sync --quiet", "uv run dvc repro", "uv run predictor reproduce"):
        done = run(tmp_path / "clone", *command.split())
        assert done.returncode == 0, done.stdout + done.stderr


def test_no_private_row_is_in_git(core: Path, tables: Path, tmp_path: Path) -> None:
    project = copy_of(core, tmp_path / "mine")
    costs = ("--costs", "1:10", "--unit", "biopsies", "--positive", "malignant", "--private")
    adopted(project, str(tables / "tumours.csv"), "--target", "target", *costs)
    read_all = ("git", "cat-file", "--batch-all-objects", "--batch")
    objects = subprocess.run(read_all, cwd=project, capture_output=True, check=True).stdout
    assert b"class Tumour(BaseModel" in objects
    assert MARKER.encode() not in objects
    assert MARKER in (project / "data" / "source" / "tumours.csv").read_text(encoding="utf-8")
    storage = str(tmp_path / "storage")
    for command in (f"remote add --quiet --default storage {storage}", "push --quiet"):
        assert run(project, "uv", "run", "dvc", *command.split()).returncode == 0
    git(project, "commit", "--quiet", "--no-verify", "--all", "--message", "Add a remote")
    git(tmp_path, "clone", "--quiet", str(project), "clone")
    clone = tmp_path / "clone"
    assert "$ uv run dvc pull data/source/tumours.csv" in (clone / "README.md").read_text(
        encoding="utf-8"
    )
    assert (clone / ".github/workflows/ci.yml").read_text("utf-8").count("uv run dvc pull") == 2
    for command in ("uv sync --quiet", PULL, "uv run dvc repro"):
        done = run(clone, *command.split())
        assert done.returncode == 0, done.stdout + done.stderr
    assert predictor(clone, "reproduce").returncode == 0
    metrics = json.loads((clone / "reports" / "evaluation.json").read_text(encoding="utf-8"))
    assert metrics["model"]["roc_auc"] > 0.98


@pytest.mark.parametrize("end", ["SIGTERM", "SIGHUP", "SIGKILL"])
def test_git_undoes_an_adoption_that_is_ended(
    core: Path, tables: Path, tmp_path: Path, end: str
) -> None:
    project, table = copy_of(core, tmp_path), str(tables / "wines.csv")
    arguments = ["-m", "scaffold", "adopt", table, "--target", "target", "--time", "none", "--yes"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            # SIGHUP may be ignored where the tests run, and a child inherits that.
            ["env", "--default-signal=HUP", project / ".venv" / "bin" / "python", *arguments],
            cwd=project,
            env=clean_environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        while "class Wine" not in (project / "src/predictor/schema.py").read_text("utf-8"):
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        os.killpg(process.pid, signal.Signals[end])
        process.wait()
    again = adopt(project, table, "--target", "target", "--time", "none")
    (undo,) = re.findall("remove what it left: `(.*)`", again.stderr)
    assert run(project, "bash", "-c", undo).returncode == 0
    assert git(project, "status", "--porcelain") == ""
    assert "class Flight" in (project / "src/predictor/schema.py").read_text("utf-8")
    for command in ("dvc repro --quiet", "predictor promote"):
        done = run(project, "uv", "run", *command.split())
        assert done.returncode == 0, done.stderr
    assert "README.md" not in git(project, "status", "--porcelain")  # the same champion


def test_what_cannot_be_adopted_changes_nothing(core: Path, tables: Path, tmp_path: Path) -> None:
    project = copy_of(core, tmp_path)
    missing = adopt(project, str(tables / "wine.csv"), "--target", "target")
    assert "wine.csv is not a file; did you mean 'wines.csv'?" in missing.stderr
    wrong = adopt(project, str(tables / "wines.csv"), "--target", "targets")
    assert "has no column 'targets'; did you mean 'target'?" in wrong.stderr
    asked = adopt(project, str(tables / "tumours.csv"), "--target", "target")
    assert '--positive "malignant": True is ' in asked.stderr
    assert git(project, "status", "--porcelain") == ""
    (project / "README.md").write_text("Changed.")
    dirty = adopt(project, str(tables / "wines.csv"), "--target", "target")
    assert "error: Not committed yet: README.md" in dirty.stderr
    assert {done.returncode for done in (missing, wrong, asked, dirty)} == {1}
