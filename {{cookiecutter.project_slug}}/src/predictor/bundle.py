"""The model that is evaluated, registered and served: one folder without a pickle.

`model.onnx` is the model, `reference.json` describes the training rows, and `metadata.json`
says where both come from and contains their checksums.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import onnxruntime as ort
from pydantic import BaseModel, ValidationError

from predictor import task
from predictor.errors import PredictorError
from predictor.features import CATEGORIES, FEATURES, Columns, encode
from predictor.schema import TARGET, Row

MODEL, REFERENCE, METADATA = "model.onnx", "reference.json", "metadata.json"
PROMOTION = "promotion.json"  # added when the bundle becomes the champion


class Metadata(BaseModel):
    """Where a bundle comes from, and what it was trained to answer."""

    problem: task.Problem
    target: str
    features: list[str]  # in order, from the schema when the model was trained
    model: str
    data_version: str
    run_id: str
    train_rows: int
    trained_until: date | None
    rule: dict[str, float]  # the parameters of a decision, such as the threshold
    valid_metrics: dict[str, float]
    training: str  # the time it took, and the environment
    checksums: dict[str, str]


@dataclass(frozen=True)
class Bundle:
    """A loaded model that predicts from raw columns; models of equal `identity` are equal."""

    folder: Path
    identity: str
    version: str
    metadata: Metadata
    reference: dict[str, Any]
    known: dict[str, set[str | None]]  # the categories of each column in training, and None
    session: ort.InferenceSession

    @classmethod
    def load(cls, folder: Path) -> "Bundle":
        """Load a bundle, after a check that it is undamaged and fits the current schema.

        Raises:
            PredictorError: a file is missing or damaged, or the schema has changed.
        """
        try:
            text = (folder / METADATA).read_bytes()
            metadata = Metadata.model_validate_json(text)
            files = {name: (folder / name).read_bytes() for name in metadata.checksums}
        except (OSError, ValidationError) as error:
            raise PredictorError(f"{folder} is not a complete bundle: {error}") from error
        for name, content in files.items():
            if checksum(content) != metadata.checksums[name]:
                raise PredictorError(f"{folder / name} changed after it was written.")
        theirs, ours = [metadata.target, *metadata.features], [TARGET, *FEATURES]
        if theirs != ours:
            changed = ", ".join(sorted(set(theirs) ^ set(ours))) or "the order of columns"
            way = "train again, or go back to that schema"
            raise PredictorError(f"{folder} was trained with another schema.py ({changed}): {way}.")
        reference, promotion = json.loads(files[REFERENCE]), folder / PROMOTION
        version = json.loads(promotion.read_bytes())["version"] if promotion.exists() else "none"
        return cls(
            folder=folder,
            identity=checksum(text)[:12],
            version=version,
            metadata=metadata,
            reference=reference,
            known={name: {None, *reference["columns"][name]["shares"]} for name in CATEGORIES},
            session=open_session(files[MODEL]),
        )

    def predict(self, columns: Columns) -> task.Floats:
        """Return the outputs for n rows, as described in `task.from_onnx`."""
        return task.from_onnx(self.session.run(None, encode(columns)))

    def predict_rows(self, rows: Sequence[Row]) -> list[task.Prediction]:
        """Return the response of the service for each row."""
        dumped = [row.model_dump(by_alias=True) for row in rows]
        outputs = self.predict({name: [row[name] for row in dumped] for name in dumped[0]})
        unseen = [
            [name for name in CATEGORIES if row[name] not in self.known[name]] for row in dumped
        ]
        return [
            task.prediction(output, self.metadata.rule, names, self.version)
            for output, names in zip(outputs.tolist(), unseen, strict=True)
        ]


def open_session(model: bytes) -> ort.InferenceSession:
    """Open an ONNX model; for one row, which takes microseconds, one thread is the fastest."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def write(folder: Path, files: dict[str, bytes], **described: Any) -> None:  # noqa: ANN401
    """Write a bundle: its files, and `metadata.json` with their checksums and all of `Metadata`."""
    checksums = {name: checksum(content) for name, content in files.items()}
    metadata = Metadata(checksums=checksums, **described).model_dump_json(indent=2)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**files, METADATA: metadata.encode()}.items():
        (folder / name).write_bytes(content)


def checksum(content: bytes) -> str:
    """Return the SHA-256 of a file's content, in hex."""
    return hashlib.sha256(content).hexdigest()
