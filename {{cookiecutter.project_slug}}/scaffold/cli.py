"""`uv run python -m scaffold ...`: commands that help to make the project your own."""

import sys
from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import App, Parameter

from predictor.errors import PredictorError
from scaffold import adopt as adopting
from scaffold import check as checks
from scaffold import parts
from scaffold import rubric as rubrics
from scaffold.adoption import Description
from scaffold.choices import Choices, Terminal
from scaffold.delimited import Options
from scaffold.finish import finish as delete_scaffold

app = App(
    name="python -m scaffold",
    help="Make the project your own.",
    help_format="plaintext",
    version_flags=[],
    default_parameter=Parameter(negative=(), show_default=False),
)

Flat = Parameter(name="*")
Names: TypeAlias = Annotated[list[str], Parameter(help="Parts, such as batch.")]
DryRun: TypeAlias = Annotated[bool, Parameter(help="Show the files, and change nothing.")]


@app.command
def adopt(
    table: Annotated[Path, Parameter(help="A CSV, Excel or Parquet file.")],
    /,
    *,
    choices: Annotated[Choices, Flat],
    described: Annotated[Description | None, Flat] = None,
    options: Annotated[Options | None, Flat] = None,
    yes: Annotated[bool, Parameter(help="Ask nothing; refuse what is not decided.")] = False,
) -> None:
    """Make a table the data of this project; git undoes it.

    For example: python -m scaffold adopt ../houses.csv --target price

    python -m scaffold adopt ../loans.csv --target defaulted --time granted --costs 60:900
    """
    user = None if yes else Terminal()
    adopting.adopt(table, options or Options(), choices, described or Description(), user)


@app.command
def add(names: Names, /, *, dry_run: DryRun = False) -> None:
    """Add optional parts, and keep your edits.

    For example: python -m scaffold add batch explain --dry-run
    """
    parts.change(names, "yes", dry_run=dry_run)


@app.command
def remove(names: Names, /, *, dry_run: DryRun = False) -> None:
    """Remove optional parts; files that you edited stay.

    For example: python -m scaffold remove page
    """
    parts.change(names, "no", dry_run=dry_run)


@app.command
def check() -> int:
    """List what is done, missing or not verifiable; exit with 1 if anything is missing.

    For example: python -m scaffold check
    """
    missing = print_findings()
    if not missing:
        print("\nNothing is missing. Look at what is marked ?, then: python -m scaffold finish")
        return 0
    print(f"\n{len(missing)} missing. Next: {missing[0].step}")
    return 1


@app.command
def rubric() -> None:
    """Score what is in git by the mlops-zoomcamp criteria and by the ML Test Score.

    For example: python -m scaffold rubric
    """
    parts.say("Checking what is in git (some seconds) ...")
    files = rubrics.repository()
    print("Workflows count as they stand in git; `check` asks GitHub whether CI is green.")
    print("Add a part with `python -m scaffold add PART`.\n")
    for each in rubrics.read():
        print(*each.lines(files), sep="\n")


@app.command
def finish(
    *, anyway: Annotated[bool, Parameter(help="Even if something is missing.")] = False
) -> None:
    """Delete this scaffold from the project, when `check` finds nothing missing.

    For example: python -m scaffold finish
    """
    missing = print_findings()
    if missing and not anyway:
        raise PredictorError(
            f"{len(missing)} missing; next: {missing[0].step} (or `finish --anyway`)"
        )
    delete_scaffold()


def print_findings() -> list[checks.Finding]:
    """Print what `check` finds, and return what is missing."""
    parts.say("Checking (about ten seconds) ...")
    findings = []
    for finding in checks.run():
        parts.say(str(finding))
        findings.append(finding)
    return checks.missing(findings)


def main() -> None:
    """Run the command line; an error for the user is a sentence, not a traceback."""
    try:
        app()
    except (PredictorError, OSError) as error:
        sys.exit(f"error: {error}")
