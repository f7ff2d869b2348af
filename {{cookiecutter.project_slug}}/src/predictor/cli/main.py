"""`predictor ...`: one verb per line of the Makefile, one per stage of the pipeline."""

import io
import logging
import os
import sys

import typer

from predictor.cli import daily, data, proofs, shipping, stages
from predictor.errors import PredictorError

# In the order of `predictor --help`. A command imports what it needs when it runs: `serve` must
# not wait for MLflow and pandas.
PANELS = {
    "Every day": (
        *(daily.setup, daily.pipeline, daily.serve, daily.score, daily.check, daily.ui),
        *(daily.rollback, daily.history),
    ),
    "Ship it": (shipping.pack, shipping.smoke, shipping.stack),
    "Your own data": (data.adopt, data.remote),
    "Stages": (
        *(stages.ingest, stages.prepare, stages.train, stages.evaluate),
        *(stages.promote, stages.validate),
    ),
    "In CI": (proofs.reproduce, proofs.compare, proofs.summary),
}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From raw rows to an answer over HTTP.\n\nExample: `predictor pipeline`, then "
    "`predictor serve`.",
)
for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)


def main() -> None:
    """Run the command line; an error for the user is a sentence, not a traceback."""
    # A Windows console of another code page shows an escape instead of failing.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logging.getLogger("predictor").setLevel(logging.INFO)
    # Both libraries report their use to their makers unless told not to.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # Threads that spin while they wait make training three times slower on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        app()
    except PredictorError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
