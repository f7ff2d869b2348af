"""`predictor prove`, `predictor compare` and `predictor summary`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
Revision = Annotated[str, typer.Argument(help="A commit, such as origin/main.")]


@app.command()
def prove() -> None:
    """Compare this run, and all that the README shows of it, with what is committed."""
    from predictor.delivery.proof import prove, require

    require(prove())


@app.command()
def compare(revision: Revision) -> None:
    """Fail if this run's loss is higher than the one that another commit recorded."""
    from predictor.delivery.proof import require
    from predictor.delivery.pull_request import compare

    require([compare(revision)])


@app.command()
def summary(revision: Revision, markdown: Path) -> None:
    """Write a file about this run and another commit, for the reader of a pull request."""
    from predictor.delivery.pull_request import summary
    from predictor.paths import write_text

    write_text(markdown, summary(revision))
