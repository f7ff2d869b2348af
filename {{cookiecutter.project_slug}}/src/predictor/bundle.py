"""The model as it is evaluated, registered and served: one folder, and no pickle in it.

`model.onnx`, `contract.yaml`, `statistics.json` (the training rows as reference) and
`metadata.json`, which holds a checksum of each of the others.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
)
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as MissingOperator

from predictor.contract import Contract
from predictor.documents import Document
from predictor.encoding import Columns, encode
from predictor.errors import PredictorError
from predictor.integrity import METADATA as METADATA
from predictor.integrity import identity_of, sha256_of
from predictor.params import Argument, PrepareParams
from predictor.statistics import Statistics

MODEL, CONTRACT, STATISTICS = "model.onnx", "contract.yaml", "statistics.json"
ONNX_FAULTS = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, MissingOperator)
Outputs = npt.NDArray[np.float32]  # (n_rows, n_outputs), columns as in `Contract.outputs`


class BrokenBundleError(PredictorError):
    """A folder is not a whole bundle."""


class Parity(Document):
    """The proof that ONNX answers like scikit-learn."""

    rows: int
    largest_difference: float


class Interval(Document):
    """How far the truth lies from a predicted value, in the unit of the target.

    `coverage` is the share of unseen rows whose truth lies within `half_width` of the answer.
    Source: split conformal prediction, Lei et al. (2018), doi:10.1080/01621459.2017.1307116.
    """

    coverage: float
    half_width: float


class Metadata(Document):
    """Where a bundle comes from.

    `trained_until` is the day of the newest row that it was fitted on, if rows have a time;
    `split` says how the rows that it was not fitted on were set apart.
    """

    created: datetime
    model: str
    arguments: dict[str, Argument]
    data_version: str
    git_commit: str
    train_rows: int
    trained_until: date | None = None
    split: PrepareParams | None = None
    valid_metrics: dict[str, float]
    interval: Interval | None
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
    def load(cls, folder: Path, threads: int = 1) -> "Bundle":
        """Load a folder whose files are those that were written, bit by bit.

        `threads` is for `open_session`.

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
                session=open_session(folder / MODEL, threads),
            )
        except PredictorError as error:
            raise BrokenBundleError(f"The bundle {folder} is broken: {error}") from error

    @property
    def identity(self) -> str:
        """First 12 hex digits of a hash over all files: two bundles are equal if these are."""
        return identity_of(self.folder)

    @property
    def megabytes(self) -> float:
        """Size of all files."""
        files = (MODEL, CONTRACT, STATISTICS, METADATA)
        return sum((self.folder / name).stat().st_size for name in files) / 1e6

    @property
    def interval(self) -> Interval:
        """How far the truth lies from a predicted value; only a regression has one.

        Raises:
            BrokenBundleError: the bundle does not say.
        """
        if self.metadata.interval is None:
            raise BrokenBundleError(f"The bundle {self.folder} has no interval.")
        return self.metadata.interval

    def predict(self, columns: Columns) -> Outputs:
        """Return `contract.outputs` for each row, shape (n_rows, n_outputs)."""
        return run(self.session, self.contract, columns)


def open_session(model: Path | bytes, threads: int = 1) -> ort.InferenceSession:
    """Open an ONNX model: one thread for single rows, one for each core for batches.

    A row takes microseconds, and a hop to another thread more.

    Raises:
        BrokenBundleError: ONNX Runtime cannot read it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the cores from others, and twice the CPU time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = model if isinstance(model, bytes) else str(model)
    try:
        return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except ONNX_FAULTS as error:
        raise BrokenBundleError(f"{MODEL} is not a readable ONNX model: {error}") from error


def run(session: ort.InferenceSession, contract: Contract, columns: Columns) -> Outputs:
    """Encode raw columns, run the model, and return `contract.outputs` for each row."""
    inputs = encode(contract, columns)
    feed: dict[str, object] = {}
    if inputs.numbers.shape[1]:
        feed["numbers"] = inputs.numbers
    if inputs.categories.shape[1]:
        feed["categories"] = inputs.categories
    answer: Outputs = session.run(None, feed)[-1]
    # Of two probabilities the second is that of the positive label.
    return answer[:, 1:] if contract.task == "binary" else answer


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the files that `metadata.json` vouches for."""
    return {name: sha256_of(folder / name) for name in (MODEL, CONTRACT, STATISTICS)}


def _require_checksums(folder: Path, metadata: Metadata) -> None:
    try:
        found = checksums(folder)
    except OSError as error:
        raise BrokenBundleError(f"{error.filename} is not readable ({error.strerror}).") from error
    damaged = [name for name in found if found[name] != metadata.checksums.get(name)]
    if damaged:
        raise BrokenBundleError(f"{', '.join(damaged)} changed after it was written.")
