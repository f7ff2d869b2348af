"""Drift of a column from its training reference, and the quality of answers."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2_contingency

from predictor import task
from predictor.schema import Target
from predictor.task import Floats

Reference = dict[str, Any]  # of one column: `missing`, and `quantiles` or `shares`

TARGET_TYPE: object = Target  # a type, or a Literal of classes
EXPECTED = 5  # bins in which fewer rows are expected are tested together
RESAMPLES = 100


def compare(values: pd.Series, reference: Reference, rows: int) -> dict[str, float]:
    """Compare a column with its reference, which describes `rows` rows.

    `psi` is the population stability index, `effect` the share of rows that would have to change
    their bin (total variation distance), and `p` that of the chi-squared test; missing is a bin
    too. `new` is the share of known values that are unseen categories or out of range.
    """
    known, before = values.dropna(), 1 - reference["missing"]
    now = len(known) / len(values)
    bins = _of_numbers if "quantiles" in reference else _of_categories
    ours, theirs, new = bins(known, reference)
    counts = np.array([[*ours * now, 1 - now], [*theirs * before, 1 - before]])
    counts *= [[len(values)], [rows]]
    is_rare = counts.sum(axis=0) * min(len(values), rows) / (len(values) + rows) < EXPECTED
    counts = np.column_stack([counts[:, ~is_rare], counts[:, is_rare].sum(axis=1)])
    counts = counts[:, counts.any(axis=0)]
    a, b = np.maximum(counts / counts.sum(axis=1, keepdims=True), 1e-4)  # a zero: infinite PSI
    return {
        "psi": float(((a - b) * np.log(a / b)).sum()),
        "effect": float(np.abs(a - b).sum() / 2),
        "p": float(chi2_contingency(counts, correction=False).pvalue),
        "new": float(new) if now else 0.0,
        "missing": 1 - now,
        "missing_before": 1 - before,
    }


def _of_numbers(known: pd.Series, reference: Reference) -> tuple[Floats, Floats, float]:
    """Count in bins that end with a quantile; the bins of equal quantiles are one."""
    edges, at = np.unique(reference["quantiles"], return_index=True)
    x = known.to_numpy(np.float64)
    up_to = np.searchsorted(np.sort(x), edges[:-1], "right") / max(len(x), 1)
    ours, theirs = (
        np.diff([0, *shares, 1]) for shares in (up_to, np.array(reference["up_to"])[at[:-1]])
    )
    return ours, theirs, float(np.mean((x < edges[0]) | (x > edges[-1]))) if len(x) else 0.0


def _of_categories(known: pd.Series, reference: Reference) -> tuple[Floats, Floats, float]:
    counts = known.astype(str).value_counts().reindex([*reference["shares"]], fill_value=0)
    ours = counts.to_numpy() / max(len(known), 1)
    new = max(1 - ours.sum(), 0)
    return np.append(ours, new), np.array([*reference["shares"].values(), 0]), new


def measure(
    truth: Floats, outputs: Floats, problem: task.Problem, groups: npt.NDArray[np.intp]
) -> dict[str, list[float]]:
    """Return each metric of the task, and the mean error `bias`, with its 95 % interval.

    The rows of a group are resampled together; `groups` has the group of each row.
    """
    members = [*pd.Series(groups).groupby(groups).indices.values()]
    if len(np.unique(truth)) < 2:
        return {}
    rng, found = np.random.default_rng(0), []
    for draw in range(RESAMPLES + 1):
        chosen = rng.integers(len(members), size=len(members)) if draw else range(len(members))
        rows = np.concatenate([members[i] for i in chosen])
        if len(np.unique(truth[rows])) > 1:  # many metrics need two classes
            bias = {"bias": (outputs - truth)[rows].mean()} if outputs.ndim == 1 else {}
            found.append(task.metrics(truth[rows], outputs[rows], problem) | bias)
    intervals = pd.DataFrame(found[1:]).quantile([0.025, 0.975])
    return {name: [value, *intervals[name]] for name, value in found[0].items()}


def expect(outputs: Floats, problem: task.Problem) -> dict[str, float]:
    """Return the metrics of truth that is drawn from the probabilities; none for a regression."""
    if TARGET_TYPE is float:
        return {}
    drawn = np.random.default_rng(0).random((len(outputs), 1))
    shares = 1 - outputs[:, None] if outputs.ndim == 1 else outputs.cumsum(axis=1)[:, :-1]
    truth = np.asarray((shares < drawn).sum(axis=1), np.float64)
    return task.metrics(truth, outputs, problem) if len(np.unique(truth)) > 1 else {}
