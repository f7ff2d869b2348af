"""The commands with which CI proves a result."""

from typing import Annotated

import typer

from predictor.project import Project


def reproduce() -> None:
    """Prove in a clone, after `dvc repro`, that this run is the committed one again.

    Example: `predictor reproduce`
    """
    from predictor.proof.reproduce import reproduce as run

    run(Project.locate())


def compare(
    revision: Annotated[str, typer.Argument(help="A commit with recorded results.")],
) -> None:
    """Fail if this run's model is worse than the one that another commit recorded.

    Example: `predictor compare origin/main`
    """
    from predictor.proof.compare import compare as run

    run(Project.locate(), revision)


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
