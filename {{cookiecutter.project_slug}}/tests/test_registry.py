from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from predictor import registry
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.features import KINDS, TIMES
from predictor.paths import CHAMPION, PREPARED
from predictor.registry import Registry


def test_the_registered_champion_answers_on_raw_columns_like_the_bundle(promoted: Path) -> None:
    champion = Bundle.load(CHAMPION)
    Registry.connect(champion.metadata.problem.name)
    rows = pd.read_parquet(PREPARED / "test.parquet")[list(KINDS)]
    model = mlflow.pyfunc.load_model(f"models:/{champion.metadata.problem.name}/{champion.version}")
    np.testing.assert_array_equal(model.predict(rows), champion.predict(rows))
    as_from_json = rows.astype(dict.fromkeys(TIMES, str))
    np.testing.assert_array_equal(model.predict(as_from_json), champion.predict(rows))


def test_a_store_of_another_folder_is_refused(
    promoted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mlflow.db").write_bytes(Path("mlflow.db").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow sets it too
    monkeypatch.setattr(registry, "STORE", f"sqlite:///{tmp_path}/mlflow.db")
    name = Bundle.load(promoted / CHAMPION).metadata.problem.name
    with pytest.raises(PredictorError, match=r"was moved or copied: delete mlflow.db"):
        Registry.connect(name)


@pytest.mark.parametrize("uri", ["sqlite:///broken.db", "http://127.0.0.1:9"])
def test_a_store_that_cannot_be_used_gives_a_one_line_error(
    project: Path, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    Path("broken.db").write_text("no database" * 1000)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(PredictorError) as error:
        Registry.connect("name")
    assert str(error.value).startswith(f"MLflow at {uri} failed: ")
    assert "\n" not in str(error.value)
