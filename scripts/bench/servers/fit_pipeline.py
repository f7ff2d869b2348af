"""Fit the champion's pipeline on the rows that `train` fits it on.

Usage, in a generated project: python fit_pipeline.py PIPELINE.joblib
"""

import sys

import joblib
import pandas as pd
from predictor import models, params
from predictor.paths import PREPARED

parts = [pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid")]
chosen = params.read(params.Train)
joblib.dump(models.fit(chosen.model, pd.concat(parts, ignore_index=True), chosen), sys.argv[1])
