"""The model as it is evaluated, registered and served: one folder, and no pickle in it.

`model.onnx`, `contract.yaml`, `statistics.json` (the training rows as reference) and
`metadata.json`, which holds a checksum of each of the others.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from predictor.contract import Contract
from predictor.documents import Document
from predictor.encoding import Columns, Inputs, encode
from predictor.errors import PredictorError
from predictor.params import Argument
from predictor.statistics import Statistics

MODEL, CONTRACT, STATISTICS = "model.onnx", "contract.yaml", "statistics.json"
METADATA = "metadata.json"
Probabilities = npt.NDArray[np.float32]


class BrokenBundleError(PredictorError):
    """A folder is not a whole bundle."""


class Parity(Document):
    """The proof that ONNX answers like scikit-learn."""

    rows: int
    largest_difference: float


class Metadata(Document):
    """Where a bundle comes from."""

    created: datetime
    model: str
    arguments: dict[str, Argument]
    data_version: str
    git_commit: str
    train_rows: int
    valid_metrics: dict[str, float]
    parity: Parity
    libraries: dict[str, str]
    checksums: dict[str, str]


@dataclass(frozen=True)
class Bundle:
    """A loaded model that answers on raw columns."""

    folder: Path
    contract: Contract
    metadata: Metadata
    statistics: Statistics
    session: ort.InferenceSession

    @classmethod
    def load(cls, folder: Path) -> "Bundle":
        """Load a folder whose files are those that were written, bit by bit.

        Raises:
            BrokenBundleError: a file is missing, damaged, or not what a bundle holds.
        """
        try:
            metadata = Metadata.read(folder / METADATA)
            _require_checksums(folder, metadata)
            return cls(
                folder=folder,
                contract=Contract.read(folder / CONTRACT),
                metadata=metadata,
                statistics=Statistics.read(folder / STATISTICS),
                session=open_session(folder / MODEL),
            )
        except PredictorError as error:
            raise BrokenBundleError(f"The bundle {folder} is broken: {error}") from error

    @property
    def identity(self) -> str:
        """First 12 hex digits of a hash over all files: two bundles are equal if these are."""
        return _sha256(self.folder / METADATA)[:12]

    def predict(self, columns: Columns) -> Probabilities:
        """Return the probability of the positive label, shape (n_rows,), row by row."""
        return run(self.session, encode(self.contract, columns))


def open_session(model: Path | bytes) -> ort.InferenceSession:
    """Open an ONNX model on one thread: a row takes microseconds, a thread hop more.

    Raises:
        BrokenBundleError: ONNX Runtime cannot read it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    source = model if isinstance(model, bytes) else str(model)
    try:
        return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own classes share no base but this one
        raise BrokenBundleError(f"{MODEL} is not a readable ONNX model: {error}") from error


def run(session: ort.InferenceSession, inputs: Inputs) -> Probabilities:
    """Return the probability of the second class, shape (n_rows,)."""
    feed = {"numbers": inputs.numbers, "categories": inputs.categories}
    wanted = {node.name for node in session.get_inputs()}
    named = {name: matrix for name, matrix in feed.items() if name in wanted}
    probabilities: npt.NDArray[np.float32] = session.run(["probabilities"], named)[0]
    return probabilities[:, 1]


def write_json(path: Path, content: object) -> None:
    """Write JSON that a person can read and git can compare."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the files that `metadata.json` vouches for."""
    return {name: _sha256(folder / name) for name in (MODEL, CONTRACT, STATISTICS)}


def _require_checksums(folder: Path, metadata: Metadata) -> None:
    try:
        found = checksums(folder)
    except OSError as error:
        raise BrokenBundleError(f"{error.filename} is not readable ({error.strerror}).") from error
    damaged = [name for name in found if found[name] != metadata.checksums.get(name)]
    if damaged:
        raise BrokenBundleError(f"{', '.join(damaged)} changed after it was written.")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
