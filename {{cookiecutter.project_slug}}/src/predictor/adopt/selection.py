"""What to begin with on the adopted rows: a model, by cross-validation, and an exam."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from threadpoolctl import threadpool_limits

from predictor.contract import Contract
from predictor.data.targets import truth
from predictor.params import Params
from predictor.training.models import build, linear_baseline

SAMPLE_ROWS = 5000
ENOUGH_ROWS = 500  # of an exam
FOLDS = 5
CHALLENGER = "hist_gradient_boosting"


@dataclass(frozen=True)
class Score:
    """The mean loss of a model over the folds, lower is better, and its standard error."""

    mean: float
    error: float


def select(contract: Contract, params: Params, rows: pd.DataFrame) -> tuple[str, dict[str, Score]]:
    """Return the model to begin with, and the scores; `rows` have the types of the contract.

    The linear model stays unless gradient boosting is better by more than one standard error.
    Source: the one-standard-error rule, Breiman et al. (1984), "Classification and Regression
    Trees", section 3.4.3.
    """
    simple = linear_baseline(contract.task)
    sample = rows.sample(min(len(rows), SAMPLE_ROWS), random_state=params.train.seed)
    scores = {name: _score(contract, params, name, sample) for name in (simple, CHALLENGER)}
    is_better = scores[CHALLENGER].mean + scores[CHALLENGER].error < scores[simple].mean
    return (CHALLENGER if is_better else simple), scores


def _score(contract: Contract, params: Params, model: str, rows: pd.DataFrame) -> Score:
    pipeline = build(contract, model, params.models.get(model, {}), params.train.seed)
    labels = truth(contract, rows)
    is_value = contract.task == "regression"
    scoring = "neg_root_mean_squared_error" if is_value else "neg_log_loss"
    kind = KFold if is_value else StratifiedKFold
    folds = kind(FOLDS, shuffle=True, random_state=params.train.seed)
    with threadpool_limits(limits=params.train.threads):
        losses = -cross_val_score(pipeline, rows, labels, cv=folds, scoring=scoring)
    return Score(float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(FOLDS)))


def exam_months(times: pd.Series) -> int:
    """Return how many of the newest months to keep for the test, given the times of all rows.

    Enough for `ENOUGH_ROWS`, or for a fifth of a small table; at most half of the months.
    """
    newest_first = times.dt.to_period("M").value_counts().sort_index(ascending=False)
    wanted = min(ENOUGH_ROWS, len(times) // 5)
    needed = int((newest_first.cumsum() < wanted).sum()) + 1
    return max(1, min(needed, len(newest_first) // 2))
