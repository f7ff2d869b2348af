"""The bundle as an MLflow model: it takes a DataFrame and returns predictions.

MLflow runs this file when it loads the model ("models from code"), so nothing is unpickled.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from predictor.bundle import Bundle
from predictor.features import TIMES


class BundleModel(PythonModel):
    """Gives the same predictions as the service, because it uses the same bundle."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the bundle once."""
        self.bundle = Bundle.load(Path(context.artifacts["bundle"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> Any:
        """Return the answers for n rows of raw columns, as `Bundle.predict` does."""
        times = {name: pd.to_datetime(model_input[name]) for name in TIMES}  # text, if from JSON
        return self.bundle.predict(model_input.assign(**times))


set_model(BundleModel())
