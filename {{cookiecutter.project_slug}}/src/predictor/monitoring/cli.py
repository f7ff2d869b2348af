"""`predictor labels`, `monitor`, `retrain`, `incidents` and `migrate`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
labels = typer.Typer(help="What really happened.", no_args_is_help=True)
app.add_typer(labels, name="labels", epilog="Example: `predictor labels add labels.csv`")


@labels.command(epilog="Example: `predictor labels add labels.csv`")
def add(table: Annotated[Path, typer.Argument(help="CSV with the columns id and value.")]) -> None:
    """Store the true value for the X-Prediction-ID of each answer."""
    from predictor.monitoring import log

    stored = log.add_labels(log.connect(), log.read_labels(table))["stored"]
    print(f"{stored:,} labels are stored")


@app.command(epilog="Example: `predictor monitor`")
def monitor() -> None:
    """Compare the champion's answers of the last days with training, and measure their quality."""
    from predictor.monitoring import log, monitor

    alarms = monitor.monitor(log.connect())
    print(*(": ".join(alarm) for alarm in alarms) if alarms else ["no alarm"], sep="\n")


@app.command(epilog="Example: `predictor retrain`")
def retrain() -> None:
    """Train and promote again if a rule fires. Exit codes: 3 refused, 4 another one runs."""
    from predictor.monitoring import log, retrain

    raise typer.Exit(retrain.retrain(log.connect()))


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
