"""Write tables as users have them to a folder; it runs in the environment of a project."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_wine

MARKER = "Zaphod Quillfeather"


def named(loaded: object) -> pd.DataFrame:
    """Return a table of scikit-learn with the names of the classes."""
    frame: pd.DataFrame = loaded.frame
    return frame.assign(target=loaded.target_names[frame["target"]])


def houses() -> pd.DataFrame:
    """Return prices with a currency, and a time in the German notation."""
    rng, n = np.random.default_rng(0), 2000
    area, built = rng.uniform(20, 200, n).round(1), rng.integers(1900, 2020, n)
    district = rng.choice(["North", "South", "East"], n)
    price = area * 3000 * (1 + (district == "North")) + 3000 * np.abs(built - 1960)
    price = (price + rng.normal(0, 20_000, n)).clip(10_000)
    sold = pd.date_range("2023-01-01", periods=n, freq="5h").strftime("%d.%m.%Y %H:%M")
    table = {"sold": sold, "area": area, "district": district, "built": built}
    return pd.DataFrame(table | {"price": [f"£{each:,.0f}" for each in price]})


folder = Path(sys.argv[1])
named(load_wine(as_frame=True)).to_csv(folder / "wines.csv", index=False, sep=";", decimal=",")
tumours = named(load_breast_cancer(as_frame=True))
tumours.insert(0, "patient", [f"{MARKER} {number}" for number in range(len(tumours))])
tumours.to_csv(folder / "tumours.csv", index=False)
houses().to_csv(folder / "houses.csv", index=False)
