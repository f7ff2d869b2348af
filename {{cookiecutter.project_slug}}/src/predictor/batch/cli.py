"""`predictor score`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def score(
    source: Annotated[Path, typer.Argument(help="A table: .csv or .parquet.")],
    target: Annotated[Path, typer.Argument(help="The output table: .csv or .parquet.")],
) -> None:
    """Add the champion's predictions to a table of any length, and write it to a new file.

    Example: `predictor score rows.parquet answers.csv`
    """
    from predictor.batch.score import score

    score(source, target)
