import struct
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import tables

from predictor.proof.fingerprint import fingerprint, hash_of_values


def test_the_same_values_have_the_same_hash_on_every_system() -> None:
    rows = pd.DataFrame(
        {
            "when": pd.to_datetime(["2024-01-01 00:00", "2024-02-03 04:05"]).as_unit("us"),
            "number": [0.1, np.nan],
            "name": ["größe", None],
            "truth": [True, False],
        }
    ).astype({"name": "str"})
    # Written down once: a library that changes it changes what every clone would compare.
    assert hash_of_values(rows) == "0f10fef9b5e30547"  # pragma: allowlist secret


def test_bit_patterns_of_nan_and_zero_do_not_count() -> None:
    # Processors differ in the sign of a NaN that they compute.
    (negative_nan,) = struct.unpack("<d", bytes.fromhex("000000000000f8ff"))
    ours = pd.DataFrame({"a": [np.nan, 0.0, 1.5]})
    theirs = pd.DataFrame({"a": np.array([negative_nan, -0.0, 1.5])})
    assert ours["a"].to_numpy().tobytes() != theirs["a"].to_numpy().tobytes()
    assert hash_of_values(ours) == hash_of_values(theirs)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.assign(pressure=rows["pressure"] + 1e-9),
        lambda rows: rows.iloc[::-1],
        lambda rows: rows.rename(columns={"pressure": "force"}),
        lambda rows: rows[[*rows.columns[1:], rows.columns[0]]],
        lambda rows: rows.assign(**{"is.open": rows["is.open"].astype(int)}),
        lambda rows: rows.head(len(rows) - 1),
    ],
    ids=["value", "order of rows", "name", "order of columns", "type", "number of rows"],
)
def test_every_change_of_a_table_shows(change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    rows = tables.rows(50)
    assert hash_of_values(change(rows)) != hash_of_values(rows)


def test_differences_name_the_parts_that_are_not_the_same() -> None:
    rows = tables.rows(40)
    ours = fingerprint({"2024-01": rows, "2024-02": rows, "2024-03": rows})
    theirs = fingerprint({"2024-01": rows, "2024-02": rows.head(39)})
    assert ours.differences(theirs) == ["2024-02", "2024-03"]
    assert ours.differences(ours) == []
