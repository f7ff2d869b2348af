"""The commands around the pipeline, the service and its champion."""

from pathlib import Path
from typing import Annotated

import typer

from predictor.cli.stages import promote
from predictor.project import Project


def setup() -> None:
    """Make the first commit and install the git hooks.

    Example: `predictor setup`
    """
    from predictor.workspace.commands import set_up

    set_up(Project.locate())


def pipeline() -> None:
    """Run what has changed of the pipeline, then promote.

    Example: `predictor pipeline`
    """
    from predictor.workspace.commands import run_dvc

    run_dvc(Project.locate(), "repro")
    promote(strict=False)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    source: Annotated[
        str | None,
        typer.Option(
            help="A folder with champion.json, or models:/NAME@champion of MLFLOW_TRACKING_URI.",
            show_default="models",
        ),
    ] = None,
) -> None:
    """Answer over HTTP with the champion.

    Example: `predictor serve --port 8001`
    """
    from predictor.serve.server import serve as run
    from predictor.serve.settings import Settings
    from predictor.serve.source import chosen

    settings = Settings.from_environment()
    run(*chosen(source, settings), host, port)


def score(
    source: Annotated[Path, typer.Argument(help="CSV (any delimiter, .gz too) or Parquet.")],
    target: Annotated[Path, typer.Argument(help="Where the answers go: .parquet or .csv.")],
) -> None:
    """Answer for every row of a table with the champion.

    Example: `predictor score rows.parquet answers.parquet`
    """
    from predictor.score import score as run

    run(Project.locate(), source, target)


def check() -> None:
    """Run what CI runs: hooks on all files, mypy strict, tests.

    Example: `predictor check`
    """
    from predictor.workspace.commands import check as run

    run(Project.locate())


def ui(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 5050,
) -> None:
    """Look at runs and models in MLflow.

    Example: `predictor ui --port 5051`
    """
    from predictor.registry.address import address
    from predictor.workspace.commands import open_ui

    project = Project.locate()
    open_ui(project, address(project), port)


def rollback(
    why: Annotated[str | None, typer.Option(help="The reason, for the history.")] = None,
) -> None:
    """Make the champion before the present one the champion again, at once.

    Example: `predictor rollback --why "the desk reports too many alarms"`
    """
    from predictor.registry.rollback import rollback as run

    run(Project.locate(), why)


def history() -> None:
    """Show who was champion when, and why.

    Example: `predictor history`
    """
    from predictor.registry.history import history as shown

    print(shown(Project.locate()))
