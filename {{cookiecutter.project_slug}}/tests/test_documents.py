from pathlib import Path

import pytest
import tables
import yaml

from predictor.contract import Contract
from predictor.documents import parse
from predictor.errors import PredictorError
from predictor.params import Params


def change(document: dict[str, object], path: str, value: object) -> dict[str, object]:
    """Return a copy of `document` with the value at the slash-separated path replaced."""
    copy: dict[str, object] = yaml.safe_load(yaml.safe_dump(document))
    *parents, last = path.split("/")
    part: dict[str, object] = copy
    for parent in parents:
        below = part[parent]
        assert isinstance(below, dict)
        part = below
    part[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("ingest/thruogh", "2024-01", "params.yaml: ingest: unknown key 'thruogh' (did you mean"),
        ("ingest/through", "2024-13", "params.yaml: ingest.through: string should match pattern"),
        ("train/threads", "two", "params.yaml: train.threads: input should be a valid integer"),
        ("prepare/valid_share", 1.5, "prepare.valid_share: input should be less than 1, got 1.5"),
    ],
    ids=["unknown key", "no such month", "wrong type", "out of range"],
)
def test_params_error_names_file_key_and_value(path: str, value: object, sentence: str) -> None:
    with pytest.raises(PredictorError) as error:
        parse(Params, change(tables.PARAMS, path, value), "params.yaml")
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (
            "columns/pressure/type",
            "float",
            "contract.yaml: columns.pressure: expected one of 'number', 'category', 'boolean', "
            "'timestamp', got 'float' (did you mean 'number'?).",
        ),
        ("columns/class/rnage", [0, 1], "columns.class.category: unknown key 'rnage'"),
        ("columns/fails", {"type": "category"}, "the target 'fails' cannot also be a feature"),
        ("columns/repair cost", {"type": "number"}, "stand under columns and under ignored"),
        ("columns/pressure/range", [5, 1], "range runs from low to high, got [5.0, 1.0]"),
        ("costs/miss", -1, "costs.miss: input should be greater than 0, got -1"),
        ("name", "Small Table", "contract.yaml: name: string should match pattern"),
    ],
    ids=["type", "unknown key", "target", "two roles", "range", "cost", "name"],
)
def test_contract_error_names_file_key_and_value(path: str, value: object, sentence: str) -> None:
    with pytest.raises(PredictorError) as error:
        parse(Contract, change(tables.CONTRACT, path, value), "contract.yaml")
    assert sentence in str(error.value)


def test_every_fault_is_listed_at_once() -> None:
    content = change(change(tables.PARAMS, "train/threads", 0), "prepare/test_months", 0)
    with pytest.raises(PredictorError) as error:
        parse(Params, content, "params.yaml")
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"a: 1\nb: 2\na: 3\n", "params.yaml, line 3: not YAML: the key 'a' stands twice."),
        (b"a: [1\n", "params.yaml, line 2: not YAML"),
        (b"a: \xff\n", "params.yaml: not readable as UTF-8 text"),
        (b"", "params.yaml: input should be a valid dictionary"),
    ],
    ids=["duplicate key", "syntax", "encoding", "empty"],
)
def test_unreadable_document_is_one_sentence(tmp_path: Path, text: bytes, sentence: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(text)
    with pytest.raises(PredictorError) as error:
        Params.read(path)
    assert sentence in str(error.value)


def test_missing_document_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PredictorError, match=r"params\.yaml: no such file in "):
        Params.read(tmp_path / "params.yaml")
