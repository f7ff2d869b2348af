import json
import shutil
from pathlib import Path

import pytest
from synthetic import FREE

from predictor.bundle import METADATA, MODEL, REFERENCE, Bundle
from predictor.errors import PredictorError
from predictor.features import FEATURES
from predictor.paths import CHAMPION, EXAMPLE
from predictor.schema import Row


@pytest.fixture
def folder(promoted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHAMPION, tmp_path / "bundle"))


@pytest.fixture
def row(promoted: Path) -> Row:
    return Row.model_validate_json((CHAMPION / EXAMPLE).read_bytes())


def test_a_single_row_gets_the_same_prediction_as_in_a_table(promoted: Path, row: Row) -> None:
    champion = Bundle.load(CHAMPION)
    values = {name: [value] * 50 for name, value in row.model_dump(by_alias=True).items()}
    first = champion.predict(values)[0]
    said = champion.predict_rows([row])[0]
    answered = next(iter(said.model_dump().values()))
    answers = list(answered.values()) if isinstance(answered, dict) else answered
    # ONNX Runtime adds up in another order when there is one row.
    assert answers == pytest.approx(first, rel=1e-5, abs=1e-6)
    assert (said.model_version, said.unseen) == ("1", [])


def test_an_unseen_category_is_reported(promoted: Path, row: Row) -> None:
    strange = Row.model_validate(row.model_dump(by_alias=True) | dict.fromkeys(FREE[:1], "new"))
    assert Bundle.load(CHAMPION).predict_rows([strange])[0].unseen == FREE[:1]


@pytest.mark.parametrize("name", [MODEL, REFERENCE, METADATA])
@pytest.mark.parametrize("fault", ["missing", "truncated", "changed"])
def test_an_incomplete_or_changed_bundle_is_rejected(folder: Path, name: str, fault: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    if fault != "missing":
        broken = content[:100] if fault == "truncated" else content.replace(b"a", b"b", 1)
        (folder / name).write_bytes(broken)
    with pytest.raises(PredictorError, match=r"not a complete bundle|changed after it was written"):
        Bundle.load(folder)


def test_a_bundle_of_another_schema_is_refused_with_the_difference(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predictor.bundle.FEATURES", [*FEATURES, "new_column"])
    with pytest.raises(PredictorError, match=r"another schema.py \(new_column\).*train again"):
        Bundle.load(folder)


def test_the_identity_changes_with_the_content(folder: Path) -> None:
    before = Bundle.load(folder).identity
    metadata = json.loads((folder / METADATA).read_text())
    (folder / METADATA).write_text(json.dumps(metadata | {"train_rows": 1}))
    assert Bundle.load(folder).identity != before
