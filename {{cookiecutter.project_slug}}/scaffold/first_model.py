"""Choose the model to begin with; `adopt` runs this in a new process, because schema.py is new."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, TimeSeriesSplit

from predictor import models, params, schema, task
from predictor.paths import PARAMS, PREPARED
from predictor.schema import TARGET, TIME
from predictor.split import groups
from scaffold.writing import edit

FOLDS = 5
SAMPLE_ROWS = 20_000


def choose(rows: pd.DataFrame) -> tuple[str, str]:
    """Return the name of a model, and a sentence with the losses over the same folds.

    The linear model stays unless another one is better by more than one standard error of the
    paired difference. Source: the one-standard-error rule, Breiman et al. (1984),
    "Classification and Regression Trees", section 3.4.3.
    """
    best, every = models.LINEAR, folds(rows)
    if len(every) < 2:
        return best, "some class is missing in the older rows"
    losses = {
        name: np.array([loss(name, *(rows.take(part) for part in fold)) for fold in every])
        for name in models.MODELS
    }
    for name, found in losses.items():
        gain = losses[best] - found
        if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
            best = name
    shown = ", ".join(f"{name} {found.mean():.4g}" for name, found in losses.items())
    return best, f"{task.LOSS} over {len(every)} folds of the training rows: {shown}"


def folds(rows: pd.DataFrame) -> list[tuple[Any, Any]]:
    """Return rows to fit on and to judge, split as the project does; each part has every class."""
    splits = TimeSeriesSplit(FOLDS) if TIME else GroupKFold(FOLDS, shuffle=True, random_state=1)
    found = splits.split(rows, groups=None if TIME else groups(rows)[0])
    target = rows[TARGET]
    if vars(schema)["Target"] is float:
        return list(found)
    return [each for each in found if target.iloc[each[0]].nunique() == target.nunique()]


def loss(name: str, fit: pd.DataFrame, judge: pd.DataFrame) -> float:
    """Return the mean loss of a model on the rows `judge`."""
    pipeline = models.fit(name, fit, params.read(params.Train))
    outputs, truth = task.from_sklearn(pipeline, models.frame(judge)), task.truth(judge[TARGET])
    return float(task.row_metrics(truth, outputs, params.read(task.Problem))[task.LOSS].mean())


def main() -> None:
    """Set `train.model` in params.yaml."""
    rows = pd.concat(pd.read_parquet(PREPARED / f"{part}.parquet") for part in ("train", "valid"))
    rows = rows.sample(min(len(rows), SAMPLE_ROWS), random_state=1)
    rows = rows.sort_values(TIME, kind="stable") if TIME else rows
    name, why = choose(rows.reset_index(drop=True))
    edit(PARAMS, (r"(?m)^  model: \w+", f"  model: {name}"))
    print(f"train.model: {name} ({why})")


if __name__ == "__main__":
    main()
