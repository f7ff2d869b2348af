import gc
import json
import shutil
from pathlib import Path

import pytest
from conftest import GOOD
from fastapi.testclient import TestClient

from predictor import release
from predictor.errors import PredictorError
from predictor.project import Project
from predictor.release import Champion, Reign
from predictor.serve.server import wrapped
from predictor.serve.settings import Settings
from predictor.serve.switch import Switch
from predictor.serve.telemetry import Telemetry


@pytest.fixture
def models(promoted: Project, tmp_path: Path) -> Path:
    """Return a models folder with a second release, which is not the champion."""
    models = Path(shutil.copytree(promoted.models, tmp_path / "models"))
    shutil.copytree(models / "releases" / "1", models / "releases" / "2")
    path = models / "releases" / "2" / "release.json"
    content = json.loads(path.read_text(encoding="utf-8")) | {"version": "2"}
    path.write_text(json.dumps(content), encoding="utf-8")
    return models


@pytest.fixture
def switch(models: Path) -> Switch:
    return Switch(models, Settings(), Telemetry())


@pytest.fixture
def client(switch: Switch) -> TestClient:
    return TestClient(wrapped(switch, switch.settings, switch.telemetry))


def crown(models: Path, version: str) -> None:
    reign = Reign(version=version, since=release.now(), how="promoted", why="")
    release.point(models, (reign,))


def version(client: TestClient) -> str:
    return str(client.post("/predict", json=GOOD).json()["model_version"])


def test_the_service_follows_the_champion(client: TestClient, switch: Switch, models: Path) -> None:
    assert version(client) == "1"
    crown(models, "2")
    switch.look()
    assert version(client) == "2"
    metrics = client.get("/metrics").text
    assert 'predictor_model_info{name="small-table",version="2"} 1.0' in metrics
    assert 'version="1"' not in metrics
    assert 'predictor_reloads_total{outcome="done"} 1.0' in metrics


def test_a_change_lets_go_of_the_former_champion(
    client: TestClient, switch: Switch, models: Path
) -> None:
    for number in ("2", "1", "2"):
        crown(models, number)
        switch.look()
        assert version(client) == number
    living = [each for each in gc.get_objects() if isinstance(each, Champion)]
    ours = [each for each in living if each.bundle.folder.is_relative_to(models)]
    assert [each.release.version for each in ours] == ["2"]


def test_a_broken_champion_is_refused_and_the_old_one_goes_on(
    client: TestClient, switch: Switch, models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = models / "releases" / "2" / "model.onnx"
    whole = model.read_bytes()
    model.write_bytes(whole[:-1])
    crown(models, "2")
    switch.look()
    switch.look()
    assert version(client) == "1"
    refusals = [each for each in caplog.messages if "the old one goes on" in each]
    assert len(refusals) == 1
    assert "model.onnx changed after it was written" in refusals[0]
    assert 'predictor_reloads_total{outcome="refused"} 1.0' in client.get("/metrics").text
    model.write_bytes(whole)
    switch.look()
    assert version(client) == "2"


def test_a_damaged_pointer_leaves_the_old_champion(
    client: TestClient, switch: Switch, models: Path
) -> None:
    (models / "champion.json").write_text('{"version": ', encoding="utf-8")
    switch.look()
    assert version(client) == "1"


def test_a_champion_that_goes_missing_leaves_the_old_one(
    client: TestClient, switch: Switch, models: Path
) -> None:
    shutil.rmtree(models)
    switch.look()
    assert version(client) == "1"


def test_a_service_without_a_champion_answers_once_there_is_one(models: Path) -> None:
    pointer = (models / "champion.json").rename(models / "aside.json")
    switch = Switch(models, Settings(), Telemetry())
    client = TestClient(wrapped(switch, switch.settings, switch.telemetry))
    assert client.get("/health/ready").status_code == 503
    pointer.rename(models / "champion.json")
    switch.look()
    assert client.get("/health/ready").json() == {"status": "ready", "model_version": "1"}


def test_a_champion_that_is_broken_at_the_start_stops_the_service(models: Path) -> None:
    (models / "releases" / "1" / "model.onnx").unlink()
    with pytest.raises(PredictorError, match=r"model\.onnx"):
        Switch(models, Settings(), Telemetry())
