"""`predictor prove`, `predictor compare` and `predictor summary`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
Revision = Annotated[str, typer.Argument(help="A commit, such as origin/main.")]


@app.command(epilog="Example: `predictor prove`")
def prove() -> None:
    """Check that this run reproduces the committed results and documents."""
    from predictor.delivery.proof import prove, require

    require(prove())


@app.command(epilog="Example: `predictor compare origin/main`")
def compare(revision: Revision) -> None:
    """Fail if the loss of this run is higher than the loss recorded in another commit."""
    from predictor.delivery.proof import require
    from predictor.delivery.pull_request import compare

    require([compare(revision)])


@app.command(epilog="Example: `predictor summary origin/main summary.md`")
def summary(revision: Revision, markdown: Path) -> None:
    """Write a Markdown report that compares this run with another commit."""
    from predictor.delivery.pull_request import summary
    from predictor.paths import write_text

    write_text(markdown, summary(revision))
