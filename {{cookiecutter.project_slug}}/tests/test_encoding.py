from datetime import datetime

import numpy as np
import tables

from predictor.contract import Contract
from predictor.encoding import MISSING, encode


def test_a_frame_and_lists_of_python_values_encode_alike(contract: Contract) -> None:
    frame = tables.rows(50)
    listed = frame.astype(object).where(frame.notna(), None).to_dict(orient="list")
    listed["read at"] = [moment.to_pydatetime() for moment in frame["read at"]]
    from_frame, from_lists = encode(contract, frame), encode(contract, listed)
    np.testing.assert_array_equal(from_frame.numbers, from_lists.numbers)
    np.testing.assert_array_equal(from_frame.categories, from_lists.categories)


def test_missing_values_are_nan_and_one_reserved_name(contract: Contract) -> None:
    row = {
        "read at": [datetime(2024, 1, 1, 0, 5)],  # noqa: DTZ001 (local time without an offset)
        "pressure": [None],
        "class": ["A"],
        "größe": [None],
        "is.open": [True],
    }
    inputs = encode(contract, row)
    np.testing.assert_array_equal(inputs.numbers, [[0, 5, np.nan, 1]])
    assert inputs.categories.tolist() == [["A", MISSING]]


def test_inputs_have_a_row_each_and_a_column_for_every_name_of_the_contract(
    contract: Contract,
) -> None:
    for n in (0, 1, 3):
        inputs = encode(contract, tables.rows(3).head(n))
        assert inputs.numbers.shape == (n, len(contract.numbers))
        assert inputs.categories.shape == (n, len(contract.categories))
        assert inputs.numbers.dtype == np.float32
        assert inputs.numbers.flags.c_contiguous


def test_without_a_kind_of_column_its_matrix_has_no_columns(contract: Contract) -> None:
    rows, only = tables.rows(3), contract.model_copy
    names = only(update={"columns": {"class": contract.columns["class"]}})
    floats = only(update={"columns": {"pressure": contract.columns["pressure"]}})
    assert encode(names, rows).numbers.shape == (3, 0)
    assert encode(floats, rows).categories.shape == (3, 0)
    np.testing.assert_array_equal(encode(floats, rows).numbers[:, 0], rows["pressure"].astype("f4"))
