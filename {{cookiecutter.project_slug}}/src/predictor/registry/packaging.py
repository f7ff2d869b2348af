"""The bundle as a model of MLflow: its files, its columns and the code that runs it."""

import shutil
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from predictor.bundle import Bundle
from predictor.contract import Contract
from predictor.registry.fetching import BUNDLE

SERVING = ("numpy", "onnxruntime", "pandas", "pydantic", "pyyaml")
TYPES = {
    "number": DataType.double,
    "category": DataType.string,
    "boolean": DataType.boolean,
    "timestamp": DataType.datetime,
}


def log_model(bundle: Bundle) -> None:
    """Add the bundle to the active run as a model, and to its tags which model that is."""
    package = Path(__file__).parents[1]
    with TemporaryDirectory() as scratch:
        # MLflow keeps the name of the folder, and `fetching` must find it.
        folder = shutil.copytree(bundle.folder, Path(scratch) / BUNDLE)
        info = mlflow.pyfunc.log_model(
            name="bundle",
            python_model=str(Path(__file__).with_name("pyfunc.py")),
            artifacts={"bundle": str(folder)},
            code_paths=[str(package)],
            signature=_signature(bundle.contract),
            input_example=_typical_row(bundle),
            # MLflow would spend half a minute on finding these out.
            pip_requirements=[f"{name}=={installed(name)}" for name in SERVING],
        )
    mlflow.set_tag("model_id", info.model_id)


def _signature(contract: Contract) -> ModelSignature:
    """Return the columns that the registered model takes, and those that it answers with."""
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(TYPES[column.type], name, required=not column.missing)
        for name, column in contract.columns.items()
    ]
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.float, name) for name in contract.outputs
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _typical_row(bundle: Bundle) -> pd.DataFrame:
    frame = pd.DataFrame([bundle.statistics.typical()])
    times = [name for name, kind in bundle.contract.columns.items() if kind.type == "timestamp"]
    return frame.astype(dict.fromkeys(times, "datetime64[s]"))
