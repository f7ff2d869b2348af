"""`predictor monitor`, `retrain`, `labels`, `incidents`, `migrate` and `replay`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
labels = typer.Typer(no_args_is_help=True, epilog="Example: `predictor labels add labels.csv`")
app.add_typer(labels, name="labels")


@labels.callback()
def _group() -> None:
    """What really happened."""


@labels.command(epilog="Example: `predictor labels add labels.csv`")
def add(table: Annotated[Path, typer.Argument(help="CSV with the columns id and value.")]) -> None:
    """Store the true value for the X-Prediction-ID of each answer."""
    from predictor.monitoring.labels import add, read
    from predictor.monitoring.log import connect

    added = add(connect(), read(table))
    print(f"{added['new']:,} labels are new, {added['repeated']:,} replaced an earlier one")


@app.command(epilog="Example: `predictor monitor`")
def monitor() -> None:
    """Compare the champion's answers of the last days with training, and measure their quality."""
    from predictor.monitoring.log import connect
    from predictor.monitoring.monitor import monitor, write_page

    found = monitor(connect())
    write_page(found)
    print(*(": ".join(alarm) for alarm in found.alarms), *found.notes, sep="\n")


@app.command(epilog="Example: `predictor retrain`")
def retrain(
    through: Annotated[str, typer.Option(help="The newest period to use.")] = "",
) -> None:
    """Train and promote again if a rule fires. Exit codes: 3 refused, 4 another one runs."""
    from predictor.monitoring.log import connect
    from predictor.monitoring.retrain import retrain

    raise typer.Exit(retrain(connect(), through))


@app.command(epilog="Example: `predictor incidents --post-mortem 3`")
def incidents(
    post_mortem: Annotated[int, typer.Option(help="Begin a page about this incident.")] = 0,
) -> None:
    """List alarms, refusals, rollbacks and errors, and what was done about them."""
    from predictor.monitoring import incidents
    from predictor.monitoring.log import connect

    engine = connect()
    if post_mortem:
        print(f"wrote {incidents.begin_post_mortem(engine, post_mortem)}")
    else:
        line = "{number:4}  {time:%F %H:%M}  {kind}, {part}: {evidence} -> {outcome}"
        print(*(line.format(**each) for each in incidents.read(engine)), sep="\n")


@app.command(epilog="Example: `predictor migrate`")
def migrate() -> None:
    """Bring the tables of the prediction log to the version of this project."""
    from predictor.monitoring.log import connect

    connect(migrate=True)


@app.command(epilog="Example: `predictor replay --fault unit`")
def replay(
    fault: Annotated[str, typer.Option(help="Inject a fault; a wrong name lists all.")] = "",
    start: Annotated[str, typer.Option(help="The period from which the fault is there.")] = "",
    full: Annotated[bool, typer.Option("--full", help="All rows, not a sample.")] = False,
) -> None:
    """Play the later periods against a running service; Ctrl-C interrupts, the command resumes."""
    from predictor.monitoring import chart
    from predictor.monitoring.replay import replay

    name, periods = replay(fault, start, full=full)
    print(*chart.sentences(periods), f"wrote {chart.write(name, periods)}", sep="\n")
