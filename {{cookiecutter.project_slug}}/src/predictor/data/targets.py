"""What should have been answered, in the form in which answers come."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictor.contract import Contract

Truth = npt.NDArray[np.float64]  # (n_rows,)
Outputs = npt.NDArray[np.floating]  # (n_rows, n_outputs), columns as in `Contract.outputs`


def truth(contract: Contract, rows: pd.DataFrame) -> Truth:
    """Return what should have been answered, shape (n_rows,).

    1 or 0 for the positive and the other label, the position of the class in
    `target.classes`, or the value.
    """
    target = rows[contract.target.column]
    match contract.task:
        case "binary":
            return (target.astype(str) == contract.target.positive).to_numpy().astype(np.float64)
        case "multiclass":
            position = {label: at for at, label in enumerate(contract.target.classes)}
            return target.astype(str).map(position).to_numpy().astype(np.float64)
        case "regression":
            return target.to_numpy().astype(np.float64)
