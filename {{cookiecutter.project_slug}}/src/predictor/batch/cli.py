"""`predictor score`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def score(
    source: Annotated[Path, typer.Argument(help="A table: .csv or .parquet.")],
    target: Annotated[Path, typer.Argument(help="Where the answers go: .csv or .parquet.")],
) -> None:
    """Write a table of any length with the champion's answer beside each row.

    Example: `predictor score flights.parquet answers.csv`
    """
    from predictor.batch.score import score

    score(source, target)
