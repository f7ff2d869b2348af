"""The commands that bring data of one's own, and keep it."""

import logging
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from predictor.project import Project

logger = logging.getLogger(__name__)


class TaskName(Enum):
    """The tasks, as typer wants to list them."""

    binary = "binary"
    multiclass = "multiclass"
    regression = "regression"


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
