"""A service that follows the champion of an MLflow server, through its rises and falls."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import demo
import pytest
from conftest import in_project
from serving import Service, serving
from tracking import eventually, tracking_server

pytestmark = pytest.mark.slow

SOURCE = f"models:/{demo.SLUG}@champion"


@pytest.fixture
def lean(own_project: Path, tmp_path: Path) -> Path:
    """Return an environment that serves from a registry, without the full MLflow."""
    folder = tmp_path / "lean"
    options = ("--locked", "--no-default-groups", "--extra", "registry", "--no-editable", "--quiet")
    done = in_project(own_project, "uv", "sync", *options, UV_PROJECT_ENVIRONMENT=str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def promote_with(project: Path, model: str, uri: str) -> None:
    params = project / "params.yaml"
    lines = params.read_text(encoding="utf-8").splitlines()
    chosen = [f"  model: {model}" if line.startswith("  model: ") else line for line in lines]
    params.write_text("\n".join(chosen) + "\n", encoding="utf-8")
    for command in (("dvc", "repro"), ("predictor", "promote", "--strict")):
        done = in_project(project, "uv", "run", *command, MLFLOW_TRACKING_URI=uri)
        assert done.returncode == 0, done.stdout + done.stderr


def version(service: Service) -> str | None:
    response = service.get("/health/ready")
    answered: str | None = response.json.get("model_version")
    return answered


def test_the_service_follows_the_registry_and_outlives_it(
    own_project: Path, lean: Path, tmp_path: Path
) -> None:
    port = demo.free_port()
    uri = f"http://127.0.0.1:{port}"
    (own_project / "models" / "champion.json").unlink()
    example = json.loads((own_project / "reports" / "example.json").read_text(encoding="utf-8"))
    settings = {"MLFLOW_TRACKING_URI": uri, "PREDICTOR_CACHE": str(tmp_path / "cache")}

    @contextmanager
    def following(ready: bool = True) -> Iterator[Service]:
        with serving(
            *(tmp_path, tmp_path, "--source", SOURCE),
            predictor=lean / "bin" / "predictor",
            ready=ready,
            settings=settings,
        ) as service:
            yield service

    with tracking_server(own_project, tmp_path / "registry", port), following(False) as service:
        refused = service.post("/predict", example)
        assert refused.status == 503
        assert "has not arrived from the registry yet" in refused.json["detail"]
        promote_with(own_project, "logistic_regression", uri)
        eventually(lambda: version(service) == "1")
        first = service.post("/predict", example).json
        promote_with(own_project, "hist_gradient_boosting", uri)
        eventually(lambda: version(service) == "2")
        second = service.post("/predict", example).json
        assert second["probability"] != first["probability"]
        back = in_project(own_project, "uv", "run", "predictor", "rollback", **settings)
        assert back.returncode == 0, back.stdout + back.stderr
        eventually(lambda: version(service) == "1")
        assert service.post("/predict", example).json["probability"] == first["probability"]
    with following() as service:
        answer = service.post("/predict", example).json
        assert (answer["model_version"], answer["probability"]) == ("1", first["probability"])
        eventually(lambda: "No MLflow server answers" in service.log.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("models:/m@staging", "is not like models:/<name>@champion"),
        ("models:/m@champion", "Set MLFLOW_TRACKING_URI to its server"),
        ("nowhere", "There is no champion.json in 'nowhere'"),
    ],
)
def test_a_source_that_is_none_is_one_sentence(project: Path, source: str, sentence: str) -> None:
    done = in_project(project, "uv", "run", "predictor", "serve", "--source", source)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
