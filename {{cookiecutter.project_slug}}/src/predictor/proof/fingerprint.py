"""What data/raw holds, as hashes of the values.

The bytes of a Parquet file depend on who wrote it; the values do not, so a clone on another
system can prove that it has the same data.
"""

import hashlib

import pandas as pd

from predictor.documents import Document

DIGITS = 16


class Part(Document):
    """One file of data/raw."""

    rows: int
    values: str


class Fingerprint(Document):
    """`reports/data.json`: every file of data/raw, by its name without the suffix."""

    parts: dict[str, Part]

    def differences(self, other: "Fingerprint") -> list[str]:
        """Return the names of the parts that are not the same in both, sorted."""
        names = self.parts.keys() | other.parts.keys()
        return sorted(name for name in names if self.parts.get(name) != other.parts.get(name))


def fingerprint(parts: dict[str, pd.DataFrame]) -> Fingerprint:
    """Hash every part; names, types, values and the order of columns and rows count."""
    return Fingerprint(
        parts={
            name: Part(rows=len(rows), values=hash_of_values(rows)) for name, rows in parts.items()
        }
    )


def hash_of_values(rows: pd.DataFrame) -> str:
    """Return the same short hash on every system for the same table."""
    digest = hashlib.sha256()
    for name, column in rows.items():
        digest.update(f"{name}\0{column.dtype.name}\0".encode())
        hashes = pd.util.hash_pandas_object(column, index=False)
        digest.update(hashes.to_numpy().astype("<u8").tobytes())
    return digest.hexdigest()[:DIGITS]
