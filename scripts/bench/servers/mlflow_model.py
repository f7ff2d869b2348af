"""Save the champion as two MLflow models: with a signature, and without one.

Without one, MLflow leaves times as text, which `TextTimes` converts.
Usage, in a generated project: python mlflow_model.py FOLDER
"""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from predictor import pyfunc
from predictor.features import KINDS, TIMES
from predictor.paths import CHAMPION, PREPARED


class TextTimes(pyfunc.BundleModel):
    """Converts the times of a request, then answers with the bundle."""

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> Any:  # noqa: ARG002
        """Return the answers for n rows."""
        columns = {name: values.tolist() for name, values in model_input.items()}
        for name in TIMES:
            columns[name] = [datetime.fromisoformat(text) for text in columns[name]]
        return self.bundle.predict(columns)


mlflow.models.set_model(TextTimes())

if __name__ == "__main__":
    rows = pd.read_parquet(PREPARED / "test.parquet")[list(KINDS)]
    signature = mlflow.models.infer_signature(rows)
    for name, code, checked in (
        ("signature", pyfunc.__file__, signature),
        ("plain", __file__, False),
    ):
        mlflow.pyfunc.save_model(
            Path(sys.argv[1]) / name,
            python_model=code,
            artifacts={"bundle": str(CHAMPION)},
            signature=checked,
            pip_requirements=[],
        )
