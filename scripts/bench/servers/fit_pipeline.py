"""Fit the champion's pipeline on the rows that `train` fits it on.

Usage, in a generated project: python fit_pipeline.py PIPELINE.joblib
"""

import sys

import joblib
from predictor.contract import Contract
from predictor.data.frames import read_prepared
from predictor.params import Params
from predictor.project import Project
from predictor.training.fitting import fit

project = Project.locate()
contract, params = Contract.read(project.contract), Params.read(project.params)
# On a busy machine more threads wait for each other; the trees are the same.
params = params.model_copy(update={"train": params.train.model_copy(update={"threads": 1})})
rows = read_prepared(project, "train", "valid")
joblib.dump(fit(contract, params, params.train.model, rows), sys.argv[1])
