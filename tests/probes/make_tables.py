"""Write three of scikit-learn's bundled tables as files with realistic dirt.

Usage: python make_tables.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

RANDOM = np.random.default_rng(0)


def spoil(rows: pd.DataFrame, column: str, count: int, mark: str | None) -> None:
    """Replace `count` values of a column by `mark`, in place."""
    rows[column] = rows[column].astype(object)
    rows.loc[RANDOM.choice(len(rows), count, replace=False), column] = mark


def breast_cancer() -> pd.DataFrame:
    """Identifier, constant, duplicate, leak, question marks, thousands and a keyword as name."""
    rows = load_breast_cancer(as_frame=True).frame
    is_malignant = rows.pop("target") == 0
    rows["mean area"] = [f"{area:,.1f}" for area in rows["mean area"]]
    spoil(rows, "mean radius", 12, "?")
    return rows.rename(columns={"mean smoothness": "class"}).assign(
        **{
            "patient id": range(1000, 1000 + len(rows)),
            "hospital": "Köln",
            "copy": rows["mean texture"],
            "biopsy result": np.where(is_malignant, "M+", "M-"),
            "diagnosis": np.where(is_malignant, "malignant", "benign"),
        }
    )


def wine() -> pd.DataFrame:
    """Per cents, gaps, and accents, dots and slashes in names."""
    rows = load_wine(as_frame=True).frame
    rows["alcohol"] = [f"{share} %" for share in rows["alcohol"]]
    spoil(rows, "malic_acid", 9, None)
    rows["cultivar"] = rows.pop("target").map({0: "barolo", 1: "grignolino", 2: "barbera"})
    names = {"od280/od315_of_diluted_wines": "od280/od315 größe", "hue": "hue.v2"}
    return rows.rename(columns=names)


def diabetes() -> pd.DataFrame:
    """A time, names instead of numbers, gaps, and two columns that sum to the target."""
    rows = load_diabetes(as_frame=True, scaled=False).frame
    first_half = (rows["target"] * RANDOM.uniform(0.2, 0.8, len(rows))).round()
    rows["sex"] = rows["sex"].map({1: "m", 2: "f"})
    spoil(rows, "bmi", 20, None)
    visits = pd.date_range("2022-01-03", periods=len(rows), freq="18h")
    return rows.assign(
        **{
            "visit": visits.strftime("%Y-%m-%d %H:%M"),
            "first half": first_half,
            "second half": rows["target"] - first_half,
        }
    ).rename(columns={"target": "progression"})


def main(folder: Path) -> None:
    """Write each table in a dialect of its own."""
    breast_cancer().to_csv(
        folder / "breast cancer.csv", index=False, sep=";", encoding="cp1252", lineterminator="\r\n"
    )
    wine().to_csv(folder / "wine.csv.gz", index=False, encoding="utf-8-sig")
    diabetes().to_csv(folder / "diabetes.tsv", index=False, sep="\t")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
