"""`uv run python -m scaffold ...`: commands that help to make the project your own."""

import sys
from typing import Annotated

import typer

from predictor.errors import PredictorError
from scaffold import check as checks
from scaffold import parts
from scaffold.finish import finish as delete_scaffold

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Make the project your own. Run it as `uv run python -m scaffold COMMAND`.",
)

Parts = Annotated[list[str], typer.Argument(metavar="PART...", help="Parts, such as batch.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the files, and change nothing.")]


# The command `adopt` belongs here.


@app.command()
def add(names: Parts, dry_run: DryRun = False) -> None:
    """Add optional parts, and keep your edits.

    Examples: `python -m scaffold add batch explain`, `python -m scaffold add gate --dry-run`
    """
    (parts.preview if dry_run else parts.change)(names, "yes")


@app.command()
def remove(names: Parts, dry_run: DryRun = False) -> None:
    """Remove optional parts; files that you edited stay.

    Example: `python -m scaffold remove page`
    """
    (parts.preview if dry_run else parts.change)(names, "no")


@app.command()
def check() -> None:
    """List what is missing before you show the project; exit with 1 if anything is.

    Example: `python -m scaffold check`
    """
    findings = checks.run()
    print(*findings, sep="\n")
    missing = checks.missing(findings)
    if missing:
        print(f"\n{len(missing)} missing. Next: {missing[0].step}")
        raise typer.Exit(1)


@app.command()
def finish(
    anyway: Annotated[bool, typer.Option("--anyway", help="Even if something is missing.")] = False,
) -> None:
    """Delete this scaffold from the project, when `check` finds nothing missing.

    Example: `python -m scaffold finish`
    """
    findings = checks.run()
    print(*findings, sep="\n")
    missing = checks.missing(findings)
    if missing and not anyway:
        raise PredictorError(
            f"{len(missing)} missing; next: {missing[0].step} (or `finish --anyway`)"
        )
    delete_scaffold()


def main() -> None:
    """Run the command line; an error for the user is a sentence, not a traceback."""
    try:
        app(prog_name="python -m scaffold")
    except (PredictorError, OSError) as error:
        sys.exit(f"error: {error}")
