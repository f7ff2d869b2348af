"""The stages of the pipeline, one command each, and the promotion after them."""

import logging
from typing import Annotated

import typer

from predictor.errors import PredictorError
from predictor.project import Project

logger = logging.getLogger(__name__)

NOT_YET = "CI refuses what the gate refuses: commit once a model is promoted"


def ingest() -> None:
    """Write the months that have arrived to data/raw.

    Example: `predictor ingest`
    """
    from predictor.ingest import ingest as run

    run(Project.locate())


def prepare() -> None:
    """Check data/raw against the contract and split it.

    Example: `predictor prepare`
    """
    from predictor.prepare import prepare as run

    run(Project.locate())


def train() -> None:
    """Fit the model of params.yaml and export it to models/candidate.

    Example: `predictor train`
    """
    logger.info("loading scikit-learn, ONNX and MLflow")
    from predictor.train import train as run

    run(Project.locate())


def evaluate() -> None:
    """Measure models/candidate on the test rows.

    Example: `predictor evaluate`
    """
    logger.info("loading scikit-learn")
    from predictor.evaluate import evaluate as run

    run(Project.locate())


def promote(
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if the gate refuses.")
    ] = False,
) -> None:
    """Register the candidate and make it the champion if the gate lets it.

    A refusal is an answer and no error, except with --strict.

    Example: `predictor promote --strict`
    """
    logger.info("loading MLflow")
    from predictor.promote import promote as run
    from predictor.workspace.commands import next_step

    project = Project.locate()
    verdict = run(project)
    step = next_step(project)
    if step and verdict.promotes:
        print(step)
    elif step:
        print(NOT_YET)
    if strict and not verdict.promotes:
        rules = "; ".join(f"{each.rule}: {each.sentence}" for each in verdict.broken)
        raise PredictorError(f"The gate refused version {verdict.candidate}: {rules}.")


def validate() -> None:
    """Read contract.yaml and params.yaml and say what is wrong with them.

    Example: `predictor validate`
    """
    from predictor.contract import Contract
    from predictor.params import Params

    project = Project.locate()
    Contract.read(project.contract)
    Params.read(project.params)
    print("contract.yaml and params.yaml are valid")
