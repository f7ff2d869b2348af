"""Columns that nearly give the answer away, one at a time.

A column that alone removes almost all of the error is rarely a gift: as a rule it is known only
afterwards, or made from the target.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from predictor.contract import Contract
from predictor.data.targets import Truth, truth
from predictor.encoding import MISSING
from predictor.errors import PredictorError

SAMPLE_ROWS = 5000
FOLDS = 3
SEED = 0
# The share of the baseline's error that one column alone may remove. Honest columns stay below:
# the best one of iris removes 94 % of the wrong classes, that of breast cancer 77 %.
MOST_OF_ERRORS = 0.95
MOST_OF_VARIANCE = 0.98

Values = pd.Series


def require_no_leak(contract: Contract, rows: pd.DataFrame) -> None:
    """Do nothing if no feature gives the answer away, except those that the contract trusts.

    Raises:
        PredictorError: one does.
    """
    doubted = [name for name, column in contract.columns.items() if not column.trusted]
    found = leaks(contract, rows, doubted)
    if found:
        lines = [f"{name} {evidence}." for name, evidence in found.items()]
        advice = (
            "This looks like leakage: move it to `ignored` in contract.yaml, or, if it is known "
            "when the question is asked, say `trusted: true` there."
        )
        raise PredictorError("\n".join([*lines, advice]))


def leaks(contract: Contract, rows: pd.DataFrame, names: list[str]) -> dict[str, str]:
    """Return the evidence against each of the columns `names` that gives the answer away."""
    sample = rows.sample(min(len(rows), SAMPLE_ROWS), random_state=SEED)
    labels, is_value = truth(contract, sample), contract.task == "regression"
    limit = MOST_OF_VARIANCE if is_value else MOST_OF_ERRORS
    what = "variance of the target" if is_value else "errors of guessing"
    removed = {
        name: error_removed(sample[name], labels, is_value=is_value)
        for name in names
        if contract.columns[name].type != "timestamp"
    }
    return {
        name: f"alone removes {share:.1%} of the {what}, on rows kept aside"
        for name, share in removed.items()
        if share >= limit
    }


def error_removed(values: Values, labels: Truth, *, is_value: bool) -> float:
    """Return which share of the baseline's error one column removes, cross-validated.

    1 means that the column determines the target; 0 that it tells nothing.
    """
    X = _one_column(values)
    numeric = is_numeric_dtype(values)
    if is_value:
        tree = DecisionTreeRegressor(max_leaf_nodes=128, min_samples_leaf=3, random_state=SEED)
        folds = KFold(FOLDS, shuffle=True, random_state=SEED)
        model = tree if numeric else make_pipeline(_encoder("continuous"), tree)
        # the ranks too: no tree follows a skewed target into its tail
        sides = (labels, pd.Series(labels).rank().to_numpy())
        scores = [cross_val_score(model, X, side, cv=folds, scoring="r2") for side in sides]
        return float(max(np.mean(score) for score in scores))
    tree = DecisionTreeClassifier(max_leaf_nodes=64, random_state=SEED)
    kind = "binary" if len(np.unique(labels)) == 2 else "multiclass"
    model = tree if numeric else make_pipeline(_encoder(kind), tree)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    return _wrong_labels_removed(labels, cross_val_predict(model, X, labels, cv=folds))


def _wrong_labels_removed(labels: Truth, predicted: Truth) -> float:
    # The balanced error too: of a rare label there are few to get wrong.
    _, counts = np.unique(labels, return_counts=True)
    wrong = np.mean(labels != predicted) / (1 - counts.max() / counts.sum())
    balanced = (1 - balanced_accuracy_score(labels, predicted)) / (1 - 1 / len(counts))
    return float(1 - min(wrong, balanced))


def _one_column(values: Values) -> npt.NDArray[np.generic]:
    if is_numeric_dtype(values):
        finite = values.to_numpy(dtype=np.float32, na_value=np.nan)
        return np.where(np.isinf(finite), np.nan, finite).reshape(-1, 1)
    text = values.astype(object).where(values.notna(), MISSING).map(str)
    return text.to_numpy(dtype=object).reshape(-1, 1)


def _encoder(kind: str) -> TargetEncoder:
    folds = KFold if kind == "continuous" else StratifiedKFold
    return TargetEncoder(target_type=kind, cv=folds(FOLDS, shuffle=True, random_state=SEED))
