"""Run with a generated project's Python from any folder: the registered champion on raw rows.

Usage: python ask_registry.py; prints the answers of the registry and of the service's bundle.
"""

import json

import mlflow
import pandas as pd
from predictor import release
from predictor.project import Project
from predictor.registry.connection import connect

project = Project.locate()
champion = release.champion(project.models)
name = champion.release.name
store = connect(project, name)
rows = pd.read_parquet(project.raw / "2013-03.parquet").head(5)
model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
print(
    json.dumps(
        {
            "registry": model.predict(rows)["probability"].tolist(),
            "bundle": champion.bundle.predict(rows)[:, 0].tolist(),
            "version": store.champion(),
        }
    )
)
