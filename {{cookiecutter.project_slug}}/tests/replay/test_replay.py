import shutil
from pathlib import Path

import httpx2
import pandas as pd
import pytest
import sqlalchemy as sa
import synthetic
from conftest import write_project
from ruamel.yaml import YAML

from predictor import api, champions, data, paths
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.monitoring import incidents, log
from predictor.monitoring.retrain import PERIOD
from predictor.replay import replay
from predictor.replay.replay import FLOATS, FREE, OPTIONAL, Period, Player, serving
from predictor.schema import TIME

pytestmark = pytest.mark.skipif(TIME is None, reason="rows have no time")
DAYS, SAMPLE = 150, 300  # five months; the first model has three
FIRST = pd.Timestamp(synthetic.FIRST_DAY)
PERIODS = sorted({f"{FIRST + pd.Timedelta(days=day):{PERIOD}}" for day in range(DAYS)})
NOTICED = {
    "missing": (OPTIONAL, "missing"),
    "unit": (FLOATS, ""),
    "category": (FREE, "new"),
    "population": (FLOATS, "drift"),
    "labels": (["model"], "quality"),
}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the first model of a replay."""
    folder = tmp_path_factory.mktemp("replay")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # MLflow keeps the relative path of the first project open.
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        patch.setattr(synthetic, "DAYS", DAYS)
        patch.setattr(data, "read", data.read)
        write_project()
        changed, writer = YAML(typ="safe").load(paths.PARAMS), YAML(typ="safe")
        changed["monitoring"]["minimum_rows"] = 120
        writer.default_flow_style = False
        writer.dump(changed, paths.PARAMS)
        player = Player(httpx2.Client(), synthetic.table(1500), None, "", SAMPLE)
        player.train_first(PERIODS[2])
        shutil.copytree(folder, folder.with_name("start"))
    return folder


@pytest.fixture
def folder(start: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return that folder in its first state; it is the working directory."""
    monkeypatch.chdir(start)
    monkeypatch.setattr(synthetic, "DAYS", DAYS)
    monkeypatch.setattr(data, "read", data.read)
    monkeypatch.setattr(api, "RELOAD_SECONDS", 0.05)
    monkeypatch.delenv("PREDICTOR_LOG", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{start}/mlflow.db")
    for name in ("models", "reports"):
        shutil.rmtree(name)
        shutil.copytree(start.with_name("start") / name, name)
    shutil.copyfile(start.with_name("start") / paths.PARAMS, paths.PARAMS)
    for path in (*start.glob("2*.json"), *start.glob("predictions.db*")):
        path.unlink()
    return start


def play(fault: str | None = None) -> Period:
    """Play the period after the first model."""
    with serving() as client:
        return Player(client, synthetic.table(1500), fault, PERIODS[3], SAMPLE).play(PERIODS[3])


def test_a_month_without_a_fault_is_asked_labelled_and_scored(folder: Path) -> None:
    played = play()
    assert (played.rows, played.action, played.alarms) == (SAMPLE, "nothing", {})
    assert played.scores["frozen"] == pytest.approx(played.scores["loop"])
    with log.connect().connect() as connection:
        labelled = connection.scalar(sa.select(sa.func.count()).where(log.answers.c.labels > 0))
    assert SAMPLE / 2 < (labelled or 0) < SAMPLE
    assert len(played.pending) == SAMPLE - (labelled or 0)


@pytest.mark.parametrize("fault", NOTICED)
def test_a_fault_in_the_rows_is_noticed_by_name_and_no_worse_model_promoted(
    folder: Path, fault: str
) -> None:
    columns, kind = NOTICED[fault]
    if not columns:
        pytest.skip("no column can have this fault")
    played = play(fault)
    assert any(kind in alarm and columns[0] in alarm for alarm in played.alarms), played
    recorded = [f"{each['kind']} {each['part']}" for each in incidents.read(log.connect())]
    assert set(played.alarms) <= set(recorded)
    if fault == "labels" and "quality labels" in played.alarms:
        assert len(champions.history()) == 1


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("candidate", "model.onnx changed after it was written"), ("tracking", "MLflow at http://")],
)
def test_a_fault_in_the_machinery_is_noticed_and_the_champion_stays(
    folder: Path, fault: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predictor.monitoring.retrain.reasons", lambda *_: ["made up"])
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = Bundle.load(paths.CHAMPION).identity
    assert sentence in play(fault).action
    assert Bundle.load(paths.CHAMPION).identity == before
    (found,) = incidents.read(log.connect())
    assert sentence in found["evidence"]


def test_a_period_that_was_played_before_a_ctrl_c_is_not_played_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = play()
    monkeypatch.setattr(Player, "ask", lambda *_: pytest.fail("asked twice"))
    monkeypatch.setattr(Player, "act", lambda *_: pytest.fail("acted twice"))
    assert play() == before


def test_the_page_has_a_table_a_chart_and_five_sentences(folder: Path) -> None:
    played = play()
    page = replay.write_page("test", [played, played.model_copy(update={"name": "next"})])
    text = page.read_text(encoding="utf-8")
    assert len([line for line in text.splitlines() if line.startswith("- ")]) == 5
    assert (text.count(f"| {played.name} | {SAMPLE} |"), text.count("| next |")) == (1, 1)
    assert page.with_suffix(".svg").read_text(encoding="utf-8").count("<svg") == 1


def test_without_a_time_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "TIME", None)
    with pytest.raises(PredictorError, match="no time column"):
        replay.replay()


def test_a_wrong_start_is_a_sentence(promoted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "DAYS", DAYS)
    with pytest.raises(PredictorError, match=r"--start '1' is not one of the played periods: \['"):
        replay.replay(start="1")
