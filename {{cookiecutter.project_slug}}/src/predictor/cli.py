"""`predictor ...`: the stages of the pipeline, the gate after them, and the service.

A command imports modules when it runs, because MLflow and scikit-learn take seconds to import.
"""

import logging
import sys
from importlib import import_module
from typing import Annotated, Literal

import typer

from predictor import parts
from predictor.errors import PredictorError

Stage = Literal["ingest", "prepare", "train", "evaluate"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From raw rows to a prediction API. `uv run dvc repro` runs the four stages.",
)


@app.command(epilog="Example: `predictor run train`")
def run(stage: Annotated[Stage, typer.Argument(help="A stage of dvc.yaml.")]) -> None:
    """Run one stage of the pipeline, as `dvc repro` does when its input has changed."""
    getattr(import_module(f"predictor.{stage}"), stage)()


@app.command(epilog="Example: `predictor promote --strict`")
def promote(
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if refused.")] = False,
) -> None:
    """Make the candidate the champion, if every rule of the gate holds."""
    from predictor.promote import promote

    verdict = promote()
    print(*verdict.findings, sep="\n")
    if strict and not verdict.promotes:
        raise PredictorError(f"The gate refused version {verdict.version}.")


@app.command(epilog='Example: `predictor rollback --why "wrong on holidays"`')
def rollback(
    why: Annotated[str, typer.Option(help="The reason, for reports/champions.csv.")] = "",
) -> None:
    """Make the previous champion the champion again."""
    from predictor.promote import rollback

    rollback(why)


@app.command(epilog="Example: `predictor reproduce`")
def reproduce() -> None:
    """Compare the metrics of this run with those that are committed."""
    from predictor.evaluate import reproduce

    reproduce()


@app.command(epilog="Example: `predictor serve --port 8001`")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
) -> None:
    """Serve models/champion over HTTP."""
    import uvicorn

    uvicorn.run(
        "predictor.api:app",
        host=host,
        port=port,
        http="h11",  # limits the size of headers, which httptools does not
        limit_concurrency=256,
        backlog=128,
        access_log=False,
    )


for part in parts.find("cli"):
    app.add_typer(part.app)


def main() -> None:
    """Run the command line; an error for the user is a sentence, not a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logging.getLogger("predictor").setLevel(logging.INFO)
    try:
        app()
    except (PredictorError, OSError) as error:  # OSError: a disk that is full, a port in use
        sys.exit(f"error: {error}")
