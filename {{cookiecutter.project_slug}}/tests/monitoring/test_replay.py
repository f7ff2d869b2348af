import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import synthetic
from conftest import write_project
from fastapi.testclient import TestClient
from ruamel.yaml import YAML

from predictor import api, champions, data, paths, schema
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.monitoring import chart, incidents, replay
from predictor.monitoring.log import connect
from predictor.monitoring.replay import AMOUNTS, FREE, OPTIONAL, STATE, Player, Post

PLAYED = ["2024-04"]
NOTICED = {"labels": "quality "}
NOTICED |= {"missing": f"missing {OPTIONAL[0]}"} if OPTIONAL else {}
NOTICED |= {"category": f"unseen {FREE[0]}"} if FREE else {}
if AMOUNTS:
    NOTICED |= {"unit": f" {AMOUNTS[0]}", "population": f"drift {AMOUNTS[0]}"}
pytestmark = pytest.mark.skipif(
    vars(schema).get("PERIOD") != "%Y-%m", reason="the synthetic rows are of five months"
)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the first model of a replay of five months."""
    folder = tmp_path_factory.mktemp("replay")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # MLflow keeps the relative path of the first project open.
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        patch.setattr(synthetic, "DAYS", 150)
        patch.setattr(data, "read", data.read)
        write_project()
        params = YAML(typ="safe").load(paths.PARAMS)
        params["monitoring"]["minimum_rows"] = 120
        writer = YAML(typ="safe")
        writer.default_flow_style = False
        writer.dump(params, paths.PARAMS)
        Player(synthetic.table(1500), 300, "", "").train_first()
        shutil.copytree(folder, folder.with_name("start"))
    return folder


@pytest.fixture
def post(start: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """Return a function that asks a service with the first model."""
    monkeypatch.chdir(start)
    monkeypatch.setattr(synthetic, "DAYS", 150)
    monkeypatch.setattr(data, "read", data.read)
    monkeypatch.setattr(api, "RELOAD_SECONDS", 0.05)
    monkeypatch.setenv("PREDICTOR_LOG", "sqlite:///predictions.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{start}/mlflow.db")
    for name in ("models", "reports"):
        shutil.rmtree(name)
        shutil.copytree(start.with_name("start") / name, name)
    for path in (STATE, *start.glob("predictions.db*")):
        path.unlink(missing_ok=True)
    with TestClient(api.app) as client:

        def ask(path: str, body: str) -> tuple[int, str, Any]:
            kind = {"Content-Type": "application/json"}
            response = client.post(path, content=body, headers=kind) if body else client.get(path)
            name = response.headers.get("x-prediction-id", "")
            return response.status_code, name, response.json()

        yield ask


def play(fault: str, post: Post) -> replay.Period:
    (played,) = Player(synthetic.table(1500), 300, fault, PLAYED[0]).play(PLAYED, post)
    return played


def test_a_month_without_a_fault_is_asked_labelled_and_scored(post: Post) -> None:
    played = play("", post)
    assert (played.rejected, played.action) == ({}, "nothing")
    assert played.frozen == pytest.approx(played.loop)
    assert played.alarms == {}


@pytest.mark.parametrize("fault", NOTICED)
def test_a_fault_in_the_rows_is_noticed_by_name_and_no_worse_model_promoted(
    post: Post, fault: str
) -> None:
    played = play(fault, post)
    assert any(NOTICED[fault] in alarm for alarm in played.alarms), played
    recorded = [f"{each['kind']} {each['part']}" for each in incidents.read(connect())]
    assert set(played.alarms) <= set(recorded)
    if fault == "labels":
        assert len(champions.history()) == 1


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("candidate", "model.onnx changed after it was written"), ("tracking", "MLflow at http://")],
)
def test_a_fault_in_the_machinery_is_noticed_and_the_champion_stays(
    post: Post, fault: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predictor.monitoring.retrain.reasons", lambda *_: ["made up"])
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = Bundle.load(paths.CHAMPION).identity
    assert sentence in play(fault, post).action
    assert Bundle.load(paths.CHAMPION).identity == before
    (found,) = incidents.read(connect())
    assert sentence in found["evidence"]["error"]


def test_an_interrupted_replay_goes_on_after_the_last_whole_period(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = play("", post)
    player = Player(synthetic.table(1500), 300, "", PLAYED[0])
    monkeypatch.setattr(player, "ask", lambda *_: pytest.fail("asked twice"))
    assert player.play(PLAYED, post) == [played]
    assert 0 < len(player.state.pending) < 150  # the labels of the last week


def test_the_report_has_a_table_a_chart_and_five_sentences(post: Post) -> None:
    played = play("", post)
    page = chart.write("test", [played, played.model_copy(update={"name": "2024-05"})])
    text = page.read_text(encoding="utf-8")
    assert len([line for line in text.splitlines() if line.startswith("- ")]) == 5
    assert text.count("| 2024-0") == 2
    assert page.with_suffix(".svg").read_text(encoding="utf-8").count("<svg") == 1


def test_without_a_time_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "TIME", None)
    with pytest.raises(PredictorError, match="no time column"):
        replay.replay()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [(("units", ""), "no fault 'units'; choose from: missing, unit"), (("", "1"), "got '1'")],
)
def test_a_wrong_fault_or_start_is_a_sentence(
    promoted: Path, given: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(PredictorError, match=sentence):
        replay.replay(*given)
