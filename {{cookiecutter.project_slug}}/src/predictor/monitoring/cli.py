"""`predictor labels`, `monitor`, `retrain`, `incidents`, `migrate` and `replay`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Fault = Literal[
    "none", "missing", "unit", "category", "population", "labels", "candidate", "tracking"
]

app = typer.Typer()
labels = typer.Typer(no_args_is_help=True, epilog="Example: `predictor labels add labels.csv`")
app.add_typer(labels, name="labels")


@labels.callback()
def _group() -> None:
    """What really happened."""


@labels.command(epilog="Example: `predictor labels add labels.csv`")
def add(table: Annotated[Path, typer.Argument(help="CSV with the columns id and value.")]) -> None:
    """Store the true value for the X-Prediction-ID of each answer."""
    from predictor.monitoring import log

    values, engine = log.read_labels(table), log.connect()
    for first in range(0, len(values), log.BATCH):
        found = log.add_labels(engine, dict(values[first : first + log.BATCH]))
        print(f"{found['new']:,} labels are new, {found['repeated']:,} replaced an earlier one")


@app.command(epilog="Example: `predictor monitor`")
def monitor() -> None:
    """Compare the champion's answers of the last days with training, and measure their quality."""
    from predictor.monitoring import log, monitor

    alarms = monitor.monitor(log.connect())
    print(*(": ".join(alarm) for alarm in alarms) if alarms else ["no alarm"], sep="\n")


@app.command(epilog="Example: `predictor retrain`")
def retrain(
    through: Annotated[str, typer.Option(help="The newest period to use.")] = "",
) -> None:
    """Train and promote again if a rule fires. Exit codes: 3 refused, 4 another one runs."""
    from predictor.monitoring import log, retrain

    raise typer.Exit(retrain.retrain(log.connect(), through))


@app.command(epilog="Example: `predictor incidents --post-mortem 3`")
def incidents(
    post_mortem: Annotated[int, typer.Option(help="Begin a page about this incident.")] = 0,
) -> None:
    """List alarms, refusals, rollbacks and errors, and what was done about them."""
    from predictor.monitoring import incidents, log

    if post_mortem:
        print(f"wrote {incidents.begin_post_mortem(log.connect(), post_mortem)}")
        return
    line = "{number:4}  {time:%F %H:%M}  {kind}, {part}: {evidence} -> {outcome}"
    print(*(line.format(**each) for each in incidents.read(log.connect())), sep="\n")


@app.command(epilog="Example: `predictor migrate`")
def migrate() -> None:
    """Add the columns that the prediction log of an older version does not have."""
    from predictor.monitoring import log

    log.connect(migrate=True)


@app.command(epilog="Example: `predictor replay --fault unit`")
def replay(
    fault: Annotated[Fault, typer.Option(help="What goes wrong.")] = "none",
    start: Annotated[str, typer.Option(help="The period from which the fault is there.")] = "",
    full: Annotated[bool, typer.Option("--full", help="All rows, not a sample.")] = False,
) -> None:
    """Play the later periods against a running service; Ctrl-C interrupts, the command resumes."""
    from predictor.monitoring import replay

    print(f"wrote {replay.write_page(*replay.replay(fault, start, full=full))}")
