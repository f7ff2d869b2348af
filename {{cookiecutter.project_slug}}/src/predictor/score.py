"""`predictor score`: the answers of the champion for a table of any length."""

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from predictor import release
from predictor.bundle import Bundle, Outputs
from predictor.data.batches import reading, writing
from predictor.data.conversion import typed
from predictor.data.validation import feature_violations
from predictor.documents import nearest
from predictor.errors import PredictorError
from predictor.progress import counted
from predictor.project import Project
from predictor.sources.table import to_frame

logger = logging.getLogger(__name__)

KINDS = (".parquet", ".csv")


@dataclass(frozen=True)
class Scorer:
    """A bundle that answers on every core, and the version that it is."""

    bundle: Bundle
    version: str

    def answers(self, batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
        """Return the batch with the answer beside each row; `first` rows came before it.

        Raises:
            PredictorError: a value breaks the contract.
        """
        contract = self.bundle.contract
        frame = typed(to_frame(pa.table(batch.select(list(contract.columns)))), contract)
        frame.index += first + 1
        broken = feature_violations(contract, frame)
        if broken:
            found = "\n".join(f"  {violation}" for violation in broken)
            raise PredictorError(
                f"rows {first + 1:,} to {first + len(batch):,} break the contract of version "
                f"{self.version} (rows count from 1):\n{found}\nMend the table, or leave these "
                "rows out."
            )
        return _beside(batch, self.columns(self.bundle.predict(frame)))

    def columns(self, outputs: Outputs) -> pa.RecordBatch:
        """Return what the service would answer, one column per part of the answer."""
        bundle, exact = self.bundle, outputs.astype(np.float64)
        columns: dict[str, npt.NDArray[np.generic]]
        match bundle.contract.task:
            case "binary":
                columns = {"decision": exact[:, 0] >= bundle.contract.threshold}
            case "multiclass":
                columns = {"prediction": np.array(bundle.contract.target.classes)[exact.argmax(1)]}
            case "regression":
                half_width = bundle.interval.half_width
                columns = {"low": exact[:, 0] - half_width, "high": exact[:, 0] + half_width}
        versions = pa.repeat(self.version, len(outputs))
        named = dict(zip(bundle.contract.outputs, exact.T, strict=True))
        return pa.RecordBatch.from_pydict(named | columns | {"model_version": versions})


def score(project: Project, source: Path, target: Path) -> None:
    """Write all columns of `source`, with the answer beside each row, to `target`.

    Memory does not grow with the table, and a run that fails leaves `target` as it was.

    Raises:
        PredictorError: there is no champion, or `source` is not what it answers on, or `target`
            cannot be written.
    """
    _require_target(source, target)
    scorer = _scorer(project)
    start, rows = time.monotonic(), 0
    with reading(source) as table:
        _require_columns(scorer.bundle, table.schema, source.name)
        schema = _schema(scorer, table.schema, source.name)
        with writing(target, schema) as writer:
            for before, batch in counted(table.batches, table.rows):
                writer.write_batch(scorer.answers(batch, before))
                rows = before + len(batch)
            _require_rows(rows, source.name)
    rate = rows / (time.monotonic() - start)
    logger.info("%s: %s rows, %s a second", target, f"{rows:,}", f"{rate:,.0f}")


def _scorer(project: Project) -> Scorer:
    champion = release.champion(project.models)
    logger.info("version %s of %s", champion.release.version, champion.release.name)
    every_core = Bundle.load(champion.bundle.folder, threads=os.cpu_count() or 1)
    return Scorer(every_core, champion.release.version)


def _beside(batch: pa.RecordBatch, answers: pa.RecordBatch) -> pa.RecordBatch:
    names = [*batch.schema.names, *answers.schema.names]
    return pa.RecordBatch.from_arrays([*batch.columns, *answers.columns], names)


def _schema(scorer: Scorer, source: pa.Schema, name: str) -> pa.Schema:
    nothing = np.empty((0, len(scorer.bundle.contract.outputs)), np.float32)
    answers = scorer.columns(nothing).schema
    taken = [column for column in answers.names if column in source.names]
    if taken:
        raise PredictorError(
            f"{name} already has {', '.join(map(repr, taken))}, as the answer is called: rename "
            "or drop what is there."
        )
    return pa.schema([*source, *answers])


def _require_target(source: Path, target: Path) -> None:
    if target.suffix.lower() not in KINDS:
        raise PredictorError(f"{target}: the answers go to a file in {' or '.join(KINDS)}.")
    if target.is_dir():
        raise PredictorError(f"{target} is a folder: name a file for the answers.")
    if source.exists() and target.exists() and source.samefile(target):
        raise PredictorError(f"{target} is the table itself: name another file for the answers.")


def _require_columns(bundle: Bundle, schema: pa.Schema, name: str) -> None:
    absent = [column for column in bundle.contract.columns if column not in schema.names]
    if absent:
        named = [f"{column!r}{nearest(column, schema.names)}" for column in absent]
        raise PredictorError(f"{name} lacks what the model was trained on: {', '.join(named)}.")


def _require_rows(rows: int, name: str) -> None:
    if not rows:
        raise PredictorError(f"{name} has no rows.")
