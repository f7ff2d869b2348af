"""What the bundle and its baselines answered on the test rows: `data/answers.parquet`.

`evaluate` writes it, so that the gate judges the very answers of the report.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from predictor.contract import Contract
from predictor.data.frames import read_rows
from predictor.data.targets import Outputs, Truth

TRUTH = "truth"


@dataclass(frozen=True)
class Answers:
    """Truth, shape (n_rows,), and what each contender answered, shape (n_rows, n_outputs)."""

    truth: Truth
    model: Outputs
    linear: Outputs
    dummy: Outputs

    def write(self, path: Path, contract: Contract) -> None:
        """Write one column for the truth, and one for each output of each contender."""
        columns = {TRUTH: self.truth}
        for name, outputs in self._contenders().items():
            columns |= dict(zip(_columns(name, contract), outputs.T, strict=True))
        pd.DataFrame(columns).to_parquet(path, index=False)

    @classmethod
    def read(cls, path: Path, contract: Contract) -> Self:
        """Read what `write` wrote for the same contract.

        Raises:
            PredictorError: missing or damaged.
        """
        frame = read_rows(path, "evaluate")
        contenders = ("model", "linear", "dummy")
        outputs = {name: frame[_columns(name, contract)].to_numpy() for name in contenders}
        return cls(truth=frame[TRUTH].to_numpy(np.float64), **outputs)

    def _contenders(self) -> dict[str, Outputs]:
        return {"model": self.model, "linear": self.linear, "dummy": self.dummy}


def _columns(name: str, contract: Contract) -> list[str]:
    return [f"{name}: {output}" for output in contract.outputs]
