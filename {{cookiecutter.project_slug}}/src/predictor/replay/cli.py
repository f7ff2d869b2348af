"""`predictor replay`."""

from typing import Annotated, Literal

import typer

Fault = Literal["missing", "unit", "category", "population", "labels", "candidate", "tracking"]

app = typer.Typer()


@app.command(epilog="Example: `predictor replay --fault unit --start 2013-05`")
def replay(
    fault: Annotated[Fault | None, typer.Option(help="What goes wrong.")] = None,
    start: Annotated[str, typer.Option(help="The period from which the fault is there.")] = "",
    full: Annotated[bool, typer.Option("--full", help="All rows, not a sample.")] = False,
) -> None:
    """Play the later periods against a running service; Ctrl-C interrupts, the command resumes."""
    from predictor.replay import replay

    print(f"wrote {replay.replay(fault, start, full=full)}")
