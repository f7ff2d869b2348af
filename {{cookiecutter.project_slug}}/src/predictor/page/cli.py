"""`predictor site`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command(epilog="Example: `predictor site`")
def site(
    folder: Annotated[Path, typer.Argument(help="The folder to write to.")] = Path("site"),
) -> None:
    """Write the page, the champion and the project's documents as a static site."""
    from predictor.page.site import build

    build(folder)
