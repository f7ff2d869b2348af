"""Columns that say too much about the target, and rows that repeat."""

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from scaffold.choices import Question
from scaffold.columns import Column

SAMPLE_ROWS = 5000
TOO_GOOD = 0.97  # of the dummy's error, explained by one column alone


def leaks(columns: list[Column], target: Column) -> list[Question]:
    """Return a question for each column that nearly gives the target away."""
    rows = target.values.sample(min(len(target.values), SAMPLE_ROWS), random_state=1).index
    y = codes(target.values[rows], target)
    found = [
        question([column.name], f"alone explains {share:.1%} of the target")
        for column in columns
        if (share := explained(codes(column.values[rows], column), y, target)) >= TOO_GOOD
    ]
    return found or summands(columns, target, rows)


def explained(x: pd.Series, y: pd.Series, target: Column) -> float:
    """Return the share of the dummy's error that a tree on one column removes, 0 to 1."""
    if target.kind in ("number", "integer"):
        tree, dummy, scoring = DecisionTreeRegressor, DummyRegressor(), "neg_mean_squared_error"
    else:
        tree, dummy, scoring = DecisionTreeClassifier, DummyClassifier(), "accuracy"
    ours, theirs = (
        cross_val_score(model, x.to_frame(), y, cv=3, scoring=scoring).mean()
        for model in (tree(max_leaf_nodes=100, min_samples_leaf=3, random_state=1), dummy)
    )
    best = 0 if scoring.startswith("neg") else 1
    return float((ours - theirs) / (best - theirs)) if best != theirs else 0.0


def codes(values: pd.Series, column: Column) -> pd.Series:
    """Return values as numbers; categories in the order of their names."""
    if column.kind == "category":
        return values.astype("category").cat.codes.astype(float)
    return values.astype("int64" if column.kind == "time" else float).fillna(-1e9)


def summands(columns: list[Column], target: Column, rows: pd.Index) -> list[Question]:
    """Return a question if the target is a sum of columns: least squares gives each weight 1."""
    numbers = [each for each in columns if each.kind in ("number", "integer")]
    if (
        target.kind not in ("number", "integer")
        or len(rows) <= 2 * len(numbers)
        or len(numbers) < 2
    ):
        return []
    X = pd.DataFrame({each.name: each.values[rows] for each in numbers}).fillna(0.0)
    y = target.values[rows].astype(float)
    parts = X.columns[np.abs(LinearRegression().fit(X, y).coef_ - 1) < 0.02]
    rest = y - X[parts].sum(axis="columns")
    if len(parts) < 2 or rest.var() > 1e-6 * y.var():
        return []
    return [question(list(parts), f"gives the target: it is {' + '.join(parts)}")]


def question(names: list[str], what: str) -> Question:
    """Ask whether a column is known before the target."""
    name = names[0]
    return Question(
        f"Column {name!r} {what}. Is its value known when the prediction is needed?",
        {"no, it is no feature": ("--drop", name), "yes, it is a feature": ("--keep", name)},
    )


def repeated_columns(columns: list[Column]) -> dict[str, str]:
    """Return the columns that equal an earlier one in every row, with that one."""
    first: dict[int, Column] = {}
    found = {}
    for column in columns:
        digest = int(pd.util.hash_pandas_object(column.values, index=False).to_numpy().sum())
        original = first.setdefault(digest, column)
        if original is not column and original.values.equals(column.values):
            found[column.name] = original.name
    return found
