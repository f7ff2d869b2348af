"""Choose the model to begin with; `adopt` runs this in a new process, because schema.py is new."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import GroupKFold, TimeSeriesSplit

from predictor import models, params, schema, task
from predictor.paths import PARAMS, PREPARED
from predictor.schema import TARGET, TIME
from predictor.split import groups
from scaffold.writing import edit

Fold = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]  # rows to fit on, rows to judge

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
        return best, f"train.model: {best} (some class is missing in the older rows)"
    losses = {name: np.array(list(fold_losses(name, rows, every))) for name in models.MODELS}
    for name, found in losses.items():
        gain = losses[best] - found
        if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
            best = name
    shown = ", ".join(f"{name} {found.mean():.4g}" for name, found in losses.items())
    return (
        best,
        f"train.model: {best} ({task.LOSS} over {len(every)} folds of the training rows: {shown})",
    )


def folds(rows: pd.DataFrame) -> list[Fold]:
    """Return folds that follow the split of the project, without those that miss a class."""
    splits = TimeSeriesSplit(FOLDS) if TIME else GroupKFold(FOLDS, shuffle=True, random_state=1)
    found = splits.split(rows, groups=None if TIME else groups(rows)[0])
    target = rows[TARGET]
    if vars(schema)["Target"] is float:
        return list(found)
    return [each for each in found if target.iloc[each[0]].nunique() == target.nunique()]


def fold_losses(name: str, rows: pd.DataFrame, every: list[Fold]) -> Iterator[float]:
    """Yield the loss of a model on each fold."""
    chosen, problem = params.read(params.Train), params.read(task.Problem)
    for fit, judge in every:
        pipeline = models.fit(name, rows.iloc[fit], chosen)
        outputs = task.from_sklearn(pipeline, models.frame(rows.iloc[judge]))
        truth = task.truth(rows[TARGET].iloc[judge])
        yield float(task.row_metrics(truth, outputs, problem)[task.LOSS].mean())


def main() -> None:
    """Set `train.model` in params.yaml."""
    rows = pd.concat(pd.read_parquet(PREPARED / f"{part}.parquet") for part in ("train", "valid"))
    if len(rows) > SAMPLE_ROWS:
        rows = rows.sample(SAMPLE_ROWS, random_state=1)
    rows = rows.sort_values(TIME, kind="stable") if TIME else rows
    name, sentence = choose(rows.reset_index(drop=True))
    edit(PARAMS, (r"(?m)^  model: \w+", f"  model: {name}"))
    print(sentence)


if __name__ == "__main__":
    main()
