"""`uv run python -m scaffold ...`: commands that help to make the project your own."""

import sys
from pathlib import Path
from typing import Annotated

import click
import typer
from typer import Option

from predictor.errors import PredictorError
from scaffold import adopt as adopting
from scaffold import check as checks
from scaffold import parts
from scaffold.choices import Choices, Question
from scaffold.finish import finish as delete_scaffold
from scaffold.reading import Options
from scaffold.writing import Description, row_name_of

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Make the project your own. Run it as `uv run python -m scaffold COMMAND`.",
)

Parts = Annotated[list[str], typer.Argument(metavar="PART...", help="Parts, such as batch.")]
DryRun = Annotated[bool, Option("--dry-run", help="Show the files, and change nothing.")]


@app.command()
def adopt(
    table: Annotated[Path, typer.Argument(help="A CSV, Excel or Parquet file.")],
    target: Annotated[str, Option(help="The column to predict.")],
    time: Annotated[str | None, Option(help="The column that orders the rows, or `none`.")] = None,
    group: Annotated[
        str | None, Option(help="Rows with the same value stay on one side of the split.")
    ] = None,
    positive: Annotated[str | None, Option(help="The label of the target to act on.")] = None,
    readings: Annotated[list[str] | None, Option("--as", help="COLUMN=READING.")] = None,
    keep: Annotated[list[str] | None, Option(help="A column that is a feature after all.")] = None,
    drop: Annotated[list[str] | None, Option(help="A column that is no feature.")] = None,
    missing: Annotated[
        list[str] | None, Option(help="A text that stands for a missing value.")
    ] = None,
    literal: Annotated[list[str] | None, Option(help="A text that is a value.")] = None,
    drop_class: Annotated[
        list[str] | None, Option(help="A label of the target whose rows are left out.")
    ] = None,
    drop_unlabelled: Annotated[bool, Option(help="Leave rows without a target out.")] = False,
    min_class_rows: Annotated[int, Option(help="Rows that a class needs.")] = 10,
    row_name: Annotated[str | None, Option(help="What one row is, such as customer.")] = None,
    question: Annotated[
        str | None, Option(help="The question that the model answers for one row.")
    ] = None,
    decision: Annotated[str | None, Option(help="Who decides what with the answer.")] = None,
    costs: Annotated[
        str | None, Option(help="Of a false alarm and of a miss, such as 60:900.")
    ] = None,
    unit: Annotated[str | None, Option(help="The unit of the costs, or of the target.")] = None,
    encoding: Annotated[str | None, Option(help="Of the file, such as cp1252.")] = None,
    delimiter: Annotated[str | None, Option(help="Between the cells of the file.")] = None,
    skip_rows: Annotated[int | None, Option(help="Lines above the header.")] = None,
    sheet: Annotated[str | None, Option(help="Of the workbook.")] = None,
    names: Annotated[
        str | None, Option(help="a,b,c: the columns of a file without a header.")
    ] = None,
    private: Annotated[bool, Option(help="No row may be in git.")] = False,
    yes: Annotated[bool, Option(help="Ask nothing; refuse what is not decided.")] = False,
) -> None:
    """Make a table the data of this project; git undoes it.

    Examples: `python -m scaffold adopt ../houses.csv --target price`,
    `python -m scaffold adopt ../loans.csv --target defaulted --time granted --costs 60:900`
    """
    choices = Choices(
        target=target,
        time=time,
        group=group,
        positive=positive,
        readings=dict(each.rpartition("=")[::2] for each in readings or ()),
        keep=frozenset(keep or ()),
        drop=frozenset(drop or ()),
        missing=frozenset(missing or ()),
        literal=frozenset(literal or ()),
        drop_class=frozenset(drop_class or ()),
        drop_unlabelled=drop_unlabelled,
        min_class_rows=min_class_rows,
    )
    columns = tuple(names.split(",")) if names else ()
    options = Options(encoding, delimiter, skip_rows, sheet, columns)
    described = Description(
        row_name_of(row_name or table.stem), question, decision, costs, unit, private
    )
    adopting.adopt(table, options, choices, described, refuse if yes else ask)


def ask(questions: list[Question]) -> list[tuple[str, str]]:
    """Ask on the terminal."""
    found = []
    for question in questions:
        print(f"\n{question.text}")
        for number, says in enumerate(question.answers, 1):
            print(f"  {number}: {says}")
        allowed = click.IntRange(1, len(question.answers))
        number = typer.prompt("Your answer", type=allowed)
        found.append(list(question.answers.values())[number - 1])
    return found


def refuse(questions: list[Question]) -> list[tuple[str, str]]:
    """Refuse to go on without an answer."""
    raise PredictorError("\n".join(["add these options:", *map(str, questions)]))


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
    anyway: Annotated[bool, Option("--anyway", help="Even if something is missing.")] = False,
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
