import shutil
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
import synthetic
from conftest import run_stages, write_project
from filelock import FileLock
from stored import limits, store

from predictor import rules, schema
from predictor.errors import PredictorError
from predictor.features import NUMBERS
from predictor.monitoring import incidents, log, retrain
from predictor.paths import CHAMPIONS, LOCK, PARAMS, README, REPORTS
from predictor.promote import promote
from predictor.schema import TIME

pytest_plugins = ["logged"]

needs_time = pytest.mark.skipif(TIME is None, reason="rows have no time")
PERIOD = vars(schema).get("PERIOD", "%Y")
LAST = f"{synthetic.LAST_DAY:{PERIOD}}"
EARLIER = f"{synthetic.FIRST_DAY + timedelta(days=45):{PERIOD}}"


def pipeline() -> None:
    """Run the stages and write the lock of another recipe, as `dvc repro` would."""
    run_stages()
    LOCK.write_text(LOCK.read_text(encoding="utf-8").replace("md5: '1'", "md5: '7'"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with a champion, and a registry of its own."""
    folder = tmp_path_factory.mktemp("retrain")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        write_project()
        run_stages()
        assert promote().promotes
    shutil.copytree(folder, folder.with_name("trained"))
    return folder


@pytest.fixture
def promoted(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return that project in its first state; only the registry is not reset."""
    monkeypatch.chdir(trained)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{trained}/mlflow.db")
    for name in ("models", "reports"):
        shutil.rmtree(name)
        shutil.copytree(trained.with_name("trained") / name, name)
    for path in (README, PARAMS, LOCK):
        shutil.copyfile(trained.with_name("trained") / path, path)
    return trained


@pytest.fixture
def drifted(promoted: Path, engine: sa.Engine) -> pd.DataFrame:
    """Return rows that were answered, in which a column has only one value."""
    limits()
    rows = synthetic.table(600, seed=5)
    rows = rows.assign(**{NUMBERS[0]: rows[NUMBERS[0]].max()})
    store(engine, rows)
    return rows


def test_without_a_reason_nothing_runs(promoted: Path, engine: sa.Engine) -> None:
    assert retrain.retrain(engine, run=lambda: pytest.fail("it ran")) == 0


def test_a_champion_that_is_too_old_is_trained_again(promoted: Path, engine: sa.Engine) -> None:
    text = CHAMPIONS.read_text(encoding="utf-8")
    CHAMPIONS.write_text(text.replace(f",{log.now().year}-", ",2020-"), encoding="utf-8")
    (reason,) = retrain.reasons(engine)
    assert reason.startswith("champion: age: promoted on 2020-")


def test_a_drift_leads_to_a_decision_of_the_gate_which_is_reported(
    drifted: pd.DataFrame, engine: sa.Engine
) -> None:
    code = retrain.retrain(engine, "", pipeline)
    text = (REPORTS / "retraining.md").read_text(encoding="utf-8")
    assert f"- {NUMBERS[0]}: drift: PSI " in text
    assert ("the gate refused version" in text) == (code == retrain.REFUSED)
    assert {each["outcome"] != "open" for each in incidents.read(engine)} == {True}


def test_a_refusal_has_its_own_exit_code_and_incident(
    drifted: pd.DataFrame, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = rules.Finding("made up", False, "no", "none")
    monkeypatch.setattr(rules, "RULES", (lambda _: finding,))
    assert retrain.retrain(engine, "", pipeline) == retrain.REFUSED
    (refusal,) = [each for each in incidents.read(engine) if each["kind"] == "refusal"]
    assert refusal["evidence"] == "made up: no"


def test_the_second_of_two_says_that_another_one_runs(
    drifted: pd.DataFrame, engine: sa.Engine
) -> None:
    with FileLock(retrain.LOCK):
        assert retrain.retrain(engine, run=lambda: pytest.fail("it ran")) == retrain.BUSY


def test_an_error_restores_the_parameters_and_is_an_incident(
    drifted: pd.DataFrame, engine: sa.Engine
) -> None:
    before = PARAMS.read_text(encoding="utf-8")

    def fail() -> None:
        raise PredictorError("a stage failed")

    with pytest.raises(PredictorError, match="a stage failed"):
        retrain.retrain(engine, EARLIER, fail)
    assert PARAMS.read_text(encoding="utf-8") == before
    assert incidents.read(engine)[-1]["evidence"] == "a stage failed"


@needs_time
def test_what_has_arrived_is_taken_in(drifted: pd.DataFrame, engine: sa.Engine) -> None:
    text = PARAMS.read_text(encoding="utf-8")
    PARAMS.write_text(text.replace(f"through: {LAST}", f"through: {EARLIER}"), encoding="utf-8")
    retrain.retrain(engine, run=pipeline)
    assert f"through: {LAST}" in PARAMS.read_text(encoding="utf-8").replace("'", "")


def test_a_pipeline_that_fails_says_why(project: Path) -> None:
    with pytest.raises(PredictorError, match="`dvc repro` failed"):
        retrain.run_pipeline()
