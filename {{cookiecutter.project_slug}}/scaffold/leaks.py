"""Columns that say too much about the target."""

import numpy as np
import pandas as pd
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from scaffold.choices import Question
from scaffold.columns import NUMERIC, Column

SAMPLE_ROWS = 5000
TOO_GOOD = 0.97  # of the error of a constant, explained by one column alone


def leaks(columns: list[Column], target: Column) -> list[Question]:
    """Return a question for each column that nearly gives the target away."""
    rows = target.values.sample(min(len(target.values), SAMPLE_ROWS), random_state=1).index
    y = target.values[rows]
    shares = {each.name: explained(each.values[rows], y, target) for each in columns}
    found = {
        name: f"alone explains {share:.1%} of the target"
        for name, share in shares.items()
        if share >= TOO_GOOD
    }
    if not found and (parts := summands(columns, target, rows)):
        found = {parts[0]: f"gives the target: it is {' + '.join(parts)}"}
    return [
        Question(
            f"Column {name!r} {what}. Is its value known when the prediction is needed?",
            {"no, it is no feature": ("--drop", name), "yes, it is a feature": ("--keep", name)},
        )
        for name, what in found.items()
    ]


def explained(x: pd.Series, y: pd.Series, target: Column) -> float:
    """Return the share of a constant's error that a tree on one column removes, at most 1."""
    order = pd.DataFrame(pd.factorize(x, sort=True)[0])
    tree = DecisionTreeRegressor if target.kind in NUMERIC else DecisionTreeClassifier
    model = tree(max_leaf_nodes=100, min_samples_leaf=3, random_state=1)
    score = float(cross_val_score(model, order, y, cv=3).mean())  # R² or accuracy
    constant = 0.0 if target.kind in NUMERIC else y.value_counts(normalize=True).max()
    return (score - constant) / (1 - constant) if constant < 1 else 0.0


def summands(columns: list[Column], target: Column, rows: pd.Index) -> list[str]:
    """Return the columns whose sum is the target: least squares gives each the weight 1."""
    numbers = {each.name: each.values[rows] for each in (*columns, target) if each.kind in NUMERIC}
    X = pd.DataFrame(numbers, dtype=float).fillna(0.0)
    if target.name not in X or X.shape[1] < 3:
        return []
    y = X.pop(target.name)
    weights, *_ = np.linalg.lstsq(X, y)
    parts = list(X.columns[np.abs(weights - 1) < 0.01])
    return parts if np.allclose(X[parts].sum(axis="columns"), y) else []
