"""Champions that come, go and are killed half way in a generated project; everything is real."""

import contextlib
import csv
import json
import re
import signal
import sqlite3
import subprocess
from pathlib import Path
from time import perf_counter

import pytest
from baking import text_of
from conftest import clean_environment, copy_of, predictor, run

pytestmark = pytest.mark.slow


def replace(path: Path, old: str, new: str) -> None:
    text = text_of(path)
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def history(folder: Path) -> list[tuple[str, str]]:
    with (folder / "reports" / "champions.csv").open(encoding="utf-8") as file:
        return [(line["version"], line["action"]) for line in csv.DictReader(file)]


def serving(folder: Path) -> str:
    """Return the version of `models/champion`, after a look at all that should agree with it."""
    champion = folder / "models" / "champion"
    shown = folder / "reports" / "champion" / "evaluation.json"
    assert shown.read_bytes() == (champion / "evaluation.json").read_bytes()
    assert json.loads(text_of(shown))["headline"] in text_of(folder / "README.md")
    return str(json.loads(text_of(champion / "promotion.json"))["version"])


@pytest.fixture(scope="module")
def contested(core: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """Return a project with a champion and a candidate that is as good; seconds of a promotion."""
    folder = copy_of(core, tmp_path_factory.mktemp("contested"))
    replace(folder / "params.yaml", "model: hist_gradient_boosting", "model: logistic_regression")
    for command in ("uv run dvc repro", "uv run predictor promote --strict"):
        started = perf_counter()
        done = run(folder, *command.split())
        assert done.returncode == 0, done.stdout + done.stderr
    seconds = perf_counter() - started
    replace(folder / "params.yaml", "seed: 20130101", "seed: 20130102")
    assert run(folder, "uv", "run", "dvc", "repro").returncode == 0
    return folder, seconds


def test_a_worse_candidate_is_refused_with_both_numbers_and_what_to_try(own: Path) -> None:
    before = text_of(own / "README.md")
    replace(own / "params.yaml", "max_iter: 100", "max_iter: 3")
    assert run(own, "uv", "run", "dvc", "repro").returncode == 0
    refused, strict = predictor(own, "promote"), predictor(own, "promote", "--strict")
    assert (refused.returncode, strict.returncode) == (0, 1)
    assert "NO  not worse than linear: log_loss 0." in refused.stdout
    assert "try this: set train.model in params.yaml" in refused.stdout
    assert strict.stderr.startswith("error: The gate refused version ")
    assert text_of(own / "README.md") == before
    assert json.loads(text_of(own / "reports" / "verdict.json"))["promotes"] is False


def test_a_new_registry_gets_the_alias_of_the_champion(own: Path) -> None:
    """After a move of the folder, MLflow's files are new and `models/champion` is as it was."""
    assert predictor(own, "promote").returncode == 0
    code = "print(MlflowClient('sqlite:///mlflow.db').get_model_version_by_alias(NAME, 'champion'))"
    code = f"from mlflow import MlflowClient; NAME = {own.name!r}; {code}"
    done = run(own, str(own / ".venv" / "bin" / "python"), "-c", code)
    assert "version=1" in done.stdout, done.stderr


SHARES = (0.5, 0.7, 0.9)  # of the time that a promotion takes


def kill_after(folder: Path, seconds: float, *arguments: str) -> bool:
    """Start a command and kill it; return whether it was still at work."""
    command = [str(folder / ".venv" / "bin" / "predictor"), *arguments]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def test_promotions_and_rollbacks_that_are_killed_are_completed_by_the_next_command(
    contested: tuple[Path, float],
) -> None:
    """Each round is killed at another moment; what is on record then decides what must follow."""
    folder, seconds = contested
    killed = 0
    for at, share in enumerate(SHARES):
        killed += kill_after(folder, share * seconds, "promote")
        done = predictor(folder, "promote")
        assert done.returncode == 0, done.stderr
        promoted = history(folder)[-1][1] == "promoted"
        if promoted:
            assert serving(folder) == history(folder)[-1][0]
            depth = len(history(folder))
            killed += kill_after(folder, share * seconds, "rollback")
            if len(history(folder)) == depth:
                predictor(folder, "rollback")
            predictor(folder, "promote")
            assert history(folder)[-1][1] == "rolled back"
            assert len(history(folder)) == depth + 1
        assert serving(folder) == history(folder)[0][0]
        # A change of the seed makes another recipe, so that the next round promotes again.
        seed = 20130102 + at + 1
        replace(folder / "params.yaml", f"seed: {seed - 1}", f"seed: {seed}")
        assert run(folder, "uv", "run", "dvc", "repro").returncode == 0
    assert killed > 1


def promote_under(folder: Path, trouble: str) -> subprocess.CompletedProcess[str]:
    """Promote after a line of shell, and require one sentence if that fails."""
    program = folder / ".venv" / "bin" / "predictor"
    # Under a limit, Python would keep half a compiled module, and fail ever after.
    modules = {"PYTHONDONTWRITEBYTECODE": "1"}
    done = run(folder, "bash", "-c", f"{trouble}; exec {program} promote", **modules)
    if done.returncode:
        assert done.returncode == 1
        assert "Traceback" not in done.stderr, done.stderr
        assert re.search(r"^error: \S", done.stderr, re.MULTILINE), done.stderr
    return done


@pytest.fixture(scope="module")
def waiting(core: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with a candidate that will be the champion at the next promotion."""
    folder = copy_of(core, tmp_path_factory.mktemp("waiting"))
    replace(folder / "params.yaml", "model: hist_gradient_boosting", "model: logistic_regression")
    assert run(folder, "uv", "run", "dvc", "repro").returncode == 0
    return folder


def test_a_full_disk_is_one_sentence_and_loses_nothing(waiting: Path) -> None:
    """A limit on the size of files stops each attempt at a later write."""
    sizes = (0, 4, 16, 64, 256, 640, 2048)
    codes = [promote_under(waiting, f"ulimit -f {size}").returncode for size in sizes]
    assert codes.count(1) > 4
    assert predictor(waiting, "promote").returncode == 0
    assert len(history(waiting)) == 2
    assert serving(waiting) == history(waiting)[-1][0]


def test_a_database_that_is_locked_or_foreign_is_one_sentence_and_loses_nothing(
    waiting: Path,
) -> None:
    database = waiting / "mlflow.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert "is locked" in promote_under(waiting, "true").stderr
    kept = database.read_bytes()
    for foreign in (b"", b"not a database", kept[: len(kept) // 2]):
        database.write_bytes(foreign)
        promote_under(waiting, "true")
        database.write_bytes(kept)
    assert predictor(waiting, "promote").returncode == 0
    assert serving(waiting) == history(waiting)[-1][0]
