"""Drift of a column from its training reference, and the quality of labelled answers."""

from typing import Any, get_args

import numpy as np
import pandas as pd
from pydantic import BaseModel
from scipy.stats import chi2_contingency, false_discovery_control, kstwobign

from predictor import task
from predictor.schema import Target
from predictor.split import Groups
from predictor.task import Floats

Reference = dict[str, Any]  # of one column: `missing`, and `quantiles` or `shares`
Estimate = tuple[float, float, float]  # a metric with its 95 % interval

TARGET: object = Target  # bool, a Literal of classes, or float
LEVELS = np.linspace(0, 1, 21)  # of the quantiles in the reference
FLOOR = 1e-4  # a share of zero would give an infinite PSI
EXPECTED = 5  # categories that are expected less often are tested together
RESAMPLES = 100


class Drift(BaseModel):
    """`effect` is the distance of Kolmogorov-Smirnov for numbers, Cramer's V for categories.

    The p-values are corrected for the number of tests; `new` is the share of categories not seen
    in training, or of numbers outside its range.
    """

    column: str
    psi: float = 0.0
    effect: float = 0.0
    p: float = 1.0
    missing: float
    missing_before: float
    p_missing: float
    new: float = 0.0


def compare(name: str, values: pd.Series, reference: Reference, rows: int) -> Drift:
    """Compare a column with its reference, which describes `rows` rows."""
    known, before = values.dropna(), reference["missing"]
    counts = [len(values) - len(known), len(known)]
    test = _chi_squared(np.array([[before * rows, (1 - before) * rows], counts]))
    share = counts[0] / max(len(values), 1)
    found = Drift(column=name, missing=share, missing_before=before, p_missing=test["p"])
    if known.empty or before == 1:
        return found
    measure = _numbers if "quantiles" in reference else _categories
    return found.model_copy(update=measure(known, reference, (1 - before) * rows))


def correct(found: list[Drift]) -> list[Drift]:
    """Correct p-values: Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x."""
    ps = false_discovery_control([p for each in found for p in (each.p, each.p_missing)])
    pairs = zip(found, ps[::2], ps[1::2], strict=True)
    return [each.model_copy(update={"p": p, "p_missing": q}) for each, p, q in pairs]


def stability(now: Floats, before: Floats) -> float:
    """Return the population stability index (PSI) of two vectors of shares."""
    now, before = np.maximum(now, FLOOR), np.maximum(before, FLOOR)
    return float(((now - before) * np.log(now / before)).sum())


def _numbers(known: pd.Series, reference: Reference, rows: float) -> dict[str, float]:
    x, edges = np.sort(known.to_numpy(np.float64)), np.array(reference["quantiles"])
    below = np.searchsorted(x, edges, "left") / len(x)
    up_to = np.searchsorted(x, edges, "right") / len(x)
    # Values equal to a quantile are divided as in training: a column with few different values
    # would seem to have drifted otherwise.
    now = np.array([0, *np.clip(LEVELS, below, up_to)[1:-1], 1])
    distance = float(np.abs(now - LEVELS).max())
    p = kstwobign.sf(distance * np.sqrt(len(x) * rows / (len(x) + rows)))
    psi = stability(np.diff(now), np.diff(LEVELS))
    return {"psi": psi, "effect": distance, "p": float(p), "new": below[0] + 1 - up_to[-1]}


def _categories(known: pd.Series, reference: Reference, rows: float) -> dict[str, float]:
    shares = pd.Series(reference["shares"], dtype=float)
    counts = known.astype(str).value_counts().reindex(shares.index, fill_value=0)
    now = np.array([*counts, len(known) - counts.sum()])  # the last one: not seen in training
    before = np.array([*shares, 0])
    table = np.array([before * rows, now])
    rare = table.sum(0) * min(rows, len(known)) / (rows + len(known)) < EXPECTED
    test = _chi_squared(np.column_stack([table[:, ~rare], table[:, rare].sum(1)]))
    return test | {"psi": stability(now / len(known), before), "new": now[-1] / len(known)}


def _chi_squared(table: Floats) -> dict[str, float]:
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2 or not table.sum(1).all():
        return {"p": 1.0, "effect": 0.0}
    test = chi2_contingency(table, correction=False)
    return {"p": float(test.pvalue), "effect": float(np.sqrt(test.statistic / table.sum()))}


def quality(
    truth: Floats, outputs: Floats, problem: task.Problem, groups: Groups
) -> dict[str, Estimate]:
    """Return each metric with a bootstrap interval; rows of a group are resampled together.

    `bias` is the mean of predictions minus truth: 0 if probabilities are calibrated.
    """

    def metrics(rows: Any) -> dict[str, float]:  # noqa: ANN401 (an index of numpy)
        bias = {} if outputs.ndim > 1 else {"bias": float((outputs - truth)[rows].mean())}
        return task.metrics(truth[rows], outputs[rows], problem) | bias

    members = [*pd.Series(range(len(truth))).groupby(groups[0]).indices.values()]
    draws = np.random.default_rng(0).integers(0, len(members), (RESAMPLES, len(members)))
    chosen = (np.concatenate([members[i] for i in draw]) for draw in draws)
    # Many metrics need two classes.
    each = pd.DataFrame(metrics(rows) for rows in chosen if len(np.unique(truth[rows])) > 1)
    low, high = each.quantile(0.025), each.quantile(0.975)
    return {name: (x, low[name], high[name]) for name, x in metrics(slice(None)).items()}


def expect(outputs: Floats, problem: task.Problem) -> dict[str, float]:
    """Return the metrics that calibrated probabilities promise; nothing for a regression."""
    weights = np.column_stack([1 - outputs, outputs]) if outputs.ndim == 1 else outputs
    classes, sums = (False, True) if TARGET is bool else get_args(TARGET), dict[str, float]()
    for name, weight in zip(classes, weights.T, strict=False):
        truth = task.truth(pd.Series([name] * len(outputs)))
        for metric, values in task.row_metrics(truth, outputs, problem).items():
            sums[metric] = sums.get(metric, 0) + float((values * weight).mean())
    return sums
