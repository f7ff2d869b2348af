"""`predictor ...`: one verb per line of the Makefile, one per stage of the pipeline."""

import io
import logging
import os
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from predictor.errors import PredictorError
from predictor.project import Project

logger = logging.getLogger(__name__)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From raw rows to an answer over HTTP.\n\nExample: `predictor pipeline`, then "
    "`predictor serve`.",
)


class TaskName(Enum):
    """The tasks, as typer wants to list them."""

    binary = "binary"
    multiclass = "multiclass"
    regression = "regression"


# A command imports what it needs when it runs: `serve` must not wait for MLflow and pandas.


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


@app.command(rich_help_panel="Every day")
def setup() -> None:
    """Make the first commit and install the git hooks.

    Example: `predictor setup`
    """
    from predictor.workspace.commands import set_up

    set_up(Project.locate())


@app.command(rich_help_panel="Every day")
def pipeline() -> None:
    """Run what has changed of the pipeline, then promote.

    Example: `predictor pipeline`
    """
    from predictor.workspace.commands import run_dvc

    run_dvc(Project.locate(), "repro")
    promote(strict=False)


@app.command(rich_help_panel="Every day")
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


@app.command(rich_help_panel="Every day")
def score(
    source: Annotated[Path, typer.Argument(help="CSV (any delimiter, .gz too) or Parquet.")],
    target: Annotated[Path, typer.Argument(help="Where the answers go: .parquet or .csv.")],
) -> None:
    """Answer for every row of a table with the champion.

    Example: `predictor score rows.parquet answers.parquet`
    """
    from predictor.score import score as run

    run(Project.locate(), source, target)


@app.command(rich_help_panel="Every day")
def check() -> None:
    """Run what CI runs: hooks on all files, mypy strict, tests.

    Example: `predictor check`
    """
    from predictor.workspace.commands import check as run

    run(Project.locate())


@app.command(rich_help_panel="Every day")
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


@app.command(rich_help_panel="Ship it")
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


@app.command(rich_help_panel="Ship it")
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


@app.command(rich_help_panel="Ship it")
def stack() -> None:
    """Start API, MLflow server, database, object store and monitoring in containers.

    Example: `predictor stack`
    """
    from predictor.workspace.stack import start

    start(Project.locate())


@app.command(rich_help_panel="Your own data")
def adopt(
    path: Annotated[Path, typer.Argument(help="CSV (any delimiter, .gz too) or Parquet.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    time: Annotated[str | None, typer.Option(help="The column that orders the rows.")] = None,
    positive: Annotated[str | None, typer.Option(help="The label that raises the alarm.")] = None,
    task: Annotated[TaskName | None, typer.Option(help="What to learn.")] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="A column to leave out; may be repeated.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(help="A suspect to use all the same; may be repeated.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the model, like-this.")] = None,
    drop_unlabelled: Annotated[
        bool, typer.Option("--drop-unlabelled", help="Leave out rows without a target.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make any table the project's data, instead of the bundled one.

    Example: `predictor adopt customers.csv --target churned --time signup_date`
    """
    from predictor.adopt.adopt import adopt as run
    from predictor.adopt.proposal import Wish, slug

    wish = Wish(
        target=target,
        name=name or slug(path.name),
        time=time,
        positive=positive,
        task=task.value if task else None,
        ignore=tuple(ignore or ()),
        keep=tuple(keep or ()),
        drop_unlabelled=drop_unlabelled,
    )
    run(Project.locate(), path, wish, lambda: yes or typer.confirm("Make this the project's data?"))


@app.command(rich_help_panel="Your own data")
def remote(
    url: Annotated[
        str,
        typer.Argument(
            help="s3://bucket/prefix, gs://bucket/prefix, azure://container/prefix or a folder."
        ),
    ],
    endpoint_url: Annotated[
        str | None, typer.Option(help="The server, if it is not the cloud's own.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="A profile of ~/.aws, kept from git.")] = None,
    account: Annotated[str | None, typer.Option(help="The Azure storage account.")] = None,
) -> None:
    """Keep the data in a bucket, a container or a shared folder, and bring it there.

    Credentials are never written: docs/data.md says where they belong.

    Example: `predictor remote s3://my-bucket/project`

    Example: `predictor remote s3://data/rows --endpoint-url https://minio.example.com`

    Example: `predictor remote /mnt/shared/project`
    """
    logger.info("loading DVC")
    from predictor.workspace.place import place_of
    from predictor.workspace.remote import connect

    project = Project.locate()
    connect(project, place_of(project, url, endpoint_url, profile, account))


@app.command(rich_help_panel="Stages")
def ingest() -> None:
    """Write the months that have arrived to data/raw.

    Example: `predictor ingest`
    """
    from predictor.ingest import ingest as run

    run(Project.locate())


@app.command(rich_help_panel="Stages")
def prepare() -> None:
    """Check data/raw against the contract and split it.

    Example: `predictor prepare`
    """
    from predictor.prepare import prepare as run

    run(Project.locate())


@app.command(rich_help_panel="Stages")
def train() -> None:
    """Fit the model of params.yaml and export it to models/candidate.

    Example: `predictor train`
    """
    logger.info("loading scikit-learn, ONNX and MLflow")
    from predictor.train import train as run

    run(Project.locate())


@app.command(rich_help_panel="Stages")
def evaluate() -> None:
    """Measure models/candidate on the test rows.

    Example: `predictor evaluate`
    """
    logger.info("loading scikit-learn")
    from predictor.evaluate import evaluate as run

    run(Project.locate())


@app.command(rich_help_panel="Stages")
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
    if step:
        print(step)
    if strict and not verdict.promotes:
        rules = "; ".join(f"{each.rule}: {each.sentence}" for each in verdict.broken)
        raise PredictorError(f"The gate refused version {verdict.candidate}: {rules}.")


@app.command(rich_help_panel="Every day")
def rollback(
    why: Annotated[str | None, typer.Option(help="The reason, for the history.")] = None,
) -> None:
    """Make the champion before the present one the champion again, at once.

    Example: `predictor rollback --why "the desk reports too many alarms"`
    """
    from predictor.registry.rollback import rollback as run

    run(Project.locate(), why)


@app.command(rich_help_panel="Every day")
def history() -> None:
    """Show who was champion when, and why.

    Example: `predictor history`
    """
    from predictor.registry.history import history as shown

    print(shown(Project.locate()))


@app.command(rich_help_panel="Stages")
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


@app.command(rich_help_panel="In CI")
def reproduce() -> None:
    """Prove in a clone, after `dvc repro`, that this run is the committed one again.

    Example: `predictor reproduce`
    """
    from predictor.proof.reproduce import reproduce as run

    run(Project.locate())


@app.command(rich_help_panel="In CI")
def compare(
    revision: Annotated[str, typer.Argument(help="A commit with recorded results.")],
) -> None:
    """Fail if this run's model is worse than the one that another commit recorded.

    Example: `predictor compare origin/main`
    """
    from predictor.proof.compare import compare as run

    run(Project.locate(), revision)


@app.command(rich_help_panel="In CI")
def summary(
    against: Annotated[str, typer.Option(help="A commit with recorded results.")] = "HEAD",
    images: Annotated[
        str | None, typer.Option(help="Address of the commit's files, for the plots.")
    ] = None,
) -> None:
    """Print metrics, verdict, proofs and plots of this run as Markdown.

    Example: `predictor summary --against origin/main`
    """
    from predictor.report.summary import summary as run

    print(run(Project.locate(), against, images))
