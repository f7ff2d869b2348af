"""The bundle as MLflow's registry serves it: a DataFrame in, answers out.

MLflow runs this file when it loads the model (models from code), so nothing is unpickled.
"""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from predictor.bundle import Bundle


class BundleModel(PythonModel):
    """Answers like the service, because it is the same bundle."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the bundle once."""
        self.bundle = Bundle.load(Path(context.artifacts["bundle"]))

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 (MLflow's signature)
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Return one column per output of the contract for the rows of `model_input`."""
        return pd.DataFrame(
            self.bundle.predict(model_input),
            index=model_input.index,
            columns=self.bundle.contract.outputs,
        )


mlflow.models.set_model(BundleModel())
