"""A fitted pipeline as ONNX, and the proof that both give the same answers."""

import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.pipeline import Pipeline

from predictor.bundle import Parity, open_session, run
from predictor.contract import CategoryColumn, Contract
from predictor.errors import PredictorError
from predictor.training.fitting import outputs

UNSEEN = "a name that training never saw"


def to_bytes(pipeline: Pipeline, contract: Contract) -> bytes:
    """Convert everything after the encoding; the inputs are two matrices, not single columns.

    Grouped inputs answer a row in half the time of one input per column.
    """
    groups = [
        ("numbers", FloatTensorType([None, len(contract.numbers)])),
        ("categories", StringTensorType([None, len(contract.categories)])),
    ]
    inputs = [(name, kind) for name, kind in groups if kind.shape[1]]
    options = None if contract.task == "regression" else {"zipmap": False}
    model = to_onnx(pipeline[1:], initial_types=inputs, options=options)
    return bytes(model.SerializeToString())


def prove_parity(
    pipeline: Pipeline, onnx: bytes, contract: Contract, rows: pd.DataFrame, tolerance: float
) -> Parity:
    """Compare both models on `rows`, once as they are and once with gaps and unseen names.

    Differences of probabilities count as they are; those of values relative to the largest
    value, because ONNX computes with 32 bits.

    Raises:
        PredictorError: an answer differs by more than `tolerance`.
    """
    everything = pd.concat([rows, with_gaps(rows, contract)], ignore_index=True)
    expected = outputs(pipeline, contract, everything)
    answered = run(open_session(onnx), contract, everything)
    scale = max(1.0, float(np.abs(expected).max()))
    differences = (np.abs(expected - answered) / scale).max(axis=1)
    worst = int(differences.argmax())
    if not differences[worst] <= tolerance:
        raise PredictorError(
            f"The ONNX model is not the scikit-learn model: row {worst} of the parity check gets "
            f"{answered[worst]} instead of {expected[worst]}, and "
            f"{int((differences > tolerance).sum()):,} of {len(everything):,} rows differ by more "
            f"than train.parity_tolerance = {tolerance:g}. Choose another model in params.yaml."
        )
    return Parity(rows=len(everything), largest_difference=float(differences[worst]))


def with_gaps(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return a copy in which each column in turn lacks values, and names are unseen.

    Row `i` loses column `i` modulo the number of columns if that may be missing; a category
    without a list of values gets a name that training never saw instead.
    """
    gaps = rows.copy()
    for position, (name, column) in enumerate(contract.columns.items()):
        hit = np.arange(len(gaps)) % len(contract.columns) == position
        if isinstance(column, CategoryColumn) and column.values is None:
            gaps[name] = gaps[name].mask(hit, UNSEEN)
        elif column.missing:
            gaps[name] = gaps[name].mask(hit)
    return gaps
