"""The commands that bring the champion to where it answers."""

from pathlib import Path
from typing import Annotated

import typer

from predictor.project import Project


def pack(
    folder: Annotated[Path, typer.Argument(help="Where the champion goes; replaced.")],
    source: Annotated[
        Path | None, typer.Option(help="A folder with a champion; else that of this project.")
    ] = None,
) -> None:
    """Copy the champion, and no older version, to a folder that can be served.

    Example: `predictor pack champion`, then `predictor serve --source champion`
    """
    from predictor.release import pack as run

    run(source or Project.locate().models, folder)


def smoke(
    url: Annotated[str, typer.Argument(help="Address of the service.")] = "http://127.0.0.1:8000",
    key: Annotated[str | None, typer.Option(help="Sent as X-API-Key.")] = None,
    seconds: Annotated[float, typer.Option(help="How long it may take to be ready.")] = 60,
) -> None:
    """Ask a running service about one row, and compare with the answer of this project.

    Example: `predictor smoke http://127.0.0.1:8000`
    """
    from predictor.smoke import smoke as run

    run(Project.locate(), url, key, seconds)


def stack() -> None:
    """Start API, MLflow server, database, object store and monitoring in containers.

    Example: `predictor stack`
    """
    from predictor.workspace.stack import start

    start(Project.locate())
