import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import read_prepared

from predictor.bundle import METADATA, MODEL, BrokenBundleError, Bundle, open_session
from predictor.contract import Contract
from predictor.params import Params
from predictor.project import Project
from predictor.release import Champion
from predictor.training.fitting import fit


@pytest.fixture
def copy(promoted: Project, tmp_path: Path) -> Path:
    return Path(shutil.copytree(promoted.candidate, tmp_path / "bundle"))


def test_bundle_answers_like_scikit_learn_on_the_test_rows(
    promoted: Project, champion: Champion, contract: Contract, params: Params
) -> None:
    rows = pd.concat([read_prepared(promoted, name) for name in ("train", "valid")])
    test = read_prepared(promoted, "test")
    expected = fit(contract, params, params.train.model, rows).predict_proba(test)[:, 1]
    assert champion.bundle.predict(test)[:, 0].tolist() == pytest.approx(
        expected.tolist(), abs=1e-5
    )


def test_a_damaged_file_is_refused(copy: Path) -> None:
    with (copy / MODEL).open("ab") as file:
        file.write(b"x")
    with pytest.raises(BrokenBundleError, match=r"model\.onnx changed after it was written"):
        Bundle.load(copy)


@pytest.mark.parametrize("name", [MODEL, METADATA])
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BrokenBundleError, match=f"bundle .* is broken: .*{name}"):
        Bundle.load(copy)


def test_a_model_that_onnx_runtime_cannot_read_is_refused() -> None:
    with pytest.raises(BrokenBundleError, match="not a readable ONNX model"):
        open_session(b"nonsense")


def test_identity_changes_with_any_file(copy: Path, champion: Champion) -> None:
    assert Bundle.load(copy).identity == champion.bundle.identity
    metadata = copy / METADATA
    metadata.write_text(metadata.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert Bundle.load(copy).identity != champion.bundle.identity
