"""A table with hostile names and dirt, to be adopted."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from predictor.adopt.proposal import Wish

N = 240
NOISE = np.random.default_rng(4).normal(0, 1, (3, N)).round(3)


def yes() -> bool:
    return True


def customers(n: int = N, **columns: object) -> pd.DataFrame:
    """Return a table with hostile names and dirt, and a target of two labels."""
    frame = pd.DataFrame(
        {
            "größe in cm": NOISE[0],
            "class": np.resize(["a", "b", "c"], N),
            "is.paid": [f"{1000 + at % 50:,}" if at % 9 else "?" for at in range(N)],
            "churned": np.where(NOISE[0] + NOISE[1] > 0, "yes", "no"),
        }
        | columns
    )
    return frame.head(n)


def written(folder: Path, rows: pd.DataFrame, name: str = "customers.csv") -> Path:
    path = folder / name
    rows.to_csv(path, index=False, sep=";")
    return path


def wish(target: str = "churned", **more: Any) -> Wish:  # noqa: ANN401 (fields of a wish)
    return Wish(target=target, name="customers", **more)
