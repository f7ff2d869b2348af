"""`python -m scaffold adopt`: make a table the project's data."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import psutil
from cyclopts import Parameter

from predictor.errors import PredictorError, did_you_mean
from scaffold.adoption import Adoption, Description, costs, row_name_of
from scaffold.choices import Choices, Terminal
from scaffold.choosing import TEST_SHARE, TimeSplit, split_by_time
from scaffold.columns import Column, Proposal, propose, urge_costs
from scaffold.delimited import Options
from scaffold.git import UNDO, require_clean_tree
from scaffold.leaks import leaks
from scaffold.parts import call, is_adopted, say
from scaffold.reading import Table, read_table
from scaffold.writing import TEMPLATES, edit, write

SOURCE = Path("data/source")
MOST_NAMES = 50  # that features.py makes columns of
MEMORY_OF_A_BYTE = 8  # bytes to read one byte of a table; measured: 6
LARGE_FOR_GIT = 50_000_000  # bytes; GitHub warns from here on
STEPS = (
    *("ruff format --quiet src tests", "ruff check --quiet --fix src tests"),
    *("ruff format --quiet src tests", "dvc repro prepare", "python -m scaffold.first_model"),
    *("dvc repro", "predictor promote"),
)
PULLED_BEFORE = ("      - run: uv run dvc repro\n", "      - if: ${{ hashFiles(")


def adopt(
    table: Annotated[Path, Parameter(help="A CSV, Excel or Parquet file.")],
    /,
    *,
    choices: Choices,
    described: Description | None = None,
    options: Options | None = None,
    yes: Annotated[bool, Parameter(help="Ask nothing; refuse what is not decided.")] = False,
) -> None:
    """Make a table the data of this project; git undoes it.

    For example: python -m scaffold adopt ../houses.csv --target price

    python -m scaffold adopt ../loans.csv --target defaulted --time granted --costs 60:900
    """
    described, user = described or Description(), None if yes else Terminal()
    require_fresh_project(table)
    require_memory(MEMORY_OF_A_BYTE * table.stat().st_size, "the table")
    say(f"reading {table.name}")
    found = read_table(table, options or Options())
    say("\n".join([f"{len(found.rows):,} rows, {found.rows.shape[1]} columns", *found.notes]))
    file = table.name.split(".")[0] + found.suffix
    content = table.read_bytes() if found.content is None else found.content
    if not described.private and len(content) > LARGE_FOR_GIT:
        raise PredictorError(f"{table} is too large for git: add --private, to keep it in DVC.")
    proposal, choices = decide(found, choices, user)
    described = describe(described, proposal.target, user) if user else described
    if described.costs:
        costs(described.costs)  # raises now, before anything is written
    elif advice := urge_costs(proposal.target):
        say(advice)
    rebuild(complete(file, found, proposal, choices, described), content)


def rebuild(adoption: Adoption, content: bytes) -> None:
    """Write the project's files and its table, run the pipeline, and say what comes next."""
    say(f"writing the project; `{UNDO}` undoes it, `make pipeline` then trains the old model")
    write(adoption)
    file, private = adoption.file, adoption.described.private
    SOURCE.mkdir(parents=True, exist_ok=True)
    (SOURCE / file).write_bytes(content)
    call("uv", "sync", "--quiet")
    if private:
        keep_out_of_git(file)
    for command in STEPS:
        call("uv", "run", *command.split())
    say(TEMPLATES.get_template("next.txt.jinja").render(file=file, undo=UNDO, private=private))


def require_fresh_project(path: Path) -> None:
    """Raise unless everything is committed and the table lies outside the project."""
    if not path.is_file():
        near = [each.name for each in path.parent.glob("*")]
        raise PredictorError(f"{path} is not a file{did_you_mean(path.name, near)}")
    require_clean_tree()
    if Path.cwd() in path.resolve().parents:
        raise PredictorError(
            f"{path} is in the project's folder, where a commit could add it: move it out, for "
            f"example to {Path('..', path.name)}."
        )
    if is_adopted():
        raise PredictorError(
            "The flights are not here any more: to adopt another table, go back to the commit "
            "before (see `git log`)."
        )


def decide(table: Table, choices: Choices, user: Terminal | None) -> tuple[Proposal, Choices]:
    """Propose, and ask until nothing is open."""
    while True:
        proposal = propose(table.rows, choices)
        judged = [each for each in proposal.columns if not each.ignored]
        judged = [each for each in judged if each.name not in choices.keep]
        questions = proposal.questions or leaks(judged, proposal.target)
        if not questions:
            break
        if user is None:
            raise PredictorError("\n".join(["add these options:", *map(str, questions)]))
        for question in questions:
            choices = choices.adding(*user.choose(question))
    for each in [*proposal.columns, proposal.target]:
        keep = "" if each.name in choices.drop else f" (--keep {each.name})"
        says = f"IGNORED, {each.ignored}{keep}" if each.ignored else each.why
        say(f"  {each.name}: {says}")
    for note in proposal.notes:
        say(note)
    return proposal, choices


def describe(said: Description, target: Column, user: Terminal) -> Description:
    """Ask for what only the owner knows, and no option has said."""
    question = said.question or user.write("Which question does the model answer for one row?")
    decision = said.decision or user.write("Who decides what with the answer?")
    amounts = said.costs
    if target.kind == "boolean" and not amounts:
        amounts = user.write("What do a false alarm and a missed case cost (such as 60:900)?")
    return replace(said, question=question, decision=decision, costs=amounts)


def complete(
    file: str, table: Table, proposal: Proposal, choices: Choices, described: Description
) -> Adoption:
    """Choose the split."""
    by_name = {each.name: each for each in proposal.columns}
    time, group = by_name.get(choices.time or ""), by_name.get(choices.group or "")
    split = split_by_time(time.values, proposal.target.values) if time else None
    if described.private:  # names could be of people
        columns = [replace(each, names=()) for each in proposal.columns]
        proposal = replace(proposal, columns=columns)
    adoption = Adoption(
        file=file,
        table=table,
        proposal=proposal,
        time=time.name if time else None,
        group=group.name if group and not time else None,
        split=split,
        row=row_name_of(described.row_name or Path(file).stem),
        described=described,
    )
    sizes = [each.values.nunique() for each in adoption.features if each.kind == "category"]
    width = len(adoption.features) + sum(min(size, MOST_NAMES) for size in sizes)
    require_memory(16 * len(proposal.target.values) * width, "the model's input")
    say(describe_split(split, [group] if group else adoption.features, proposal.target))
    return adoption


def require_memory(needed: int, what: str) -> None:
    """Raise if this many bytes are not free."""
    free = psutil.virtual_memory().available
    if needed > free:
        raise PredictorError(
            f"To work with {what} would take {needed / 1e9:,.1f} GB, and {free / 1e9:.1f} GB are "
            "free: adopt a sample of the rows, or `--drop` columns."
        )


def describe_split(split: TimeSplit | None, keys: list[Column], target: Column) -> str:
    """Return what the test set will be; rows with the same keys stay together."""
    if split is None:
        rows = pd.DataFrame({each.name: each.values for each in keys})
        repeated, says = int(rows.duplicated().sum()), ""
        if repeated > 0.9 * len(rows) and len(keys) > 1:  # as `groups` in split.py
            says = f"; only {len(rows) - repeated:,} are different, so equal rows are independent"
        elif repeated:
            says = f"; {repeated:,} rows repeat another one or its entity, and stay with it"
        return f"test set: {TEST_SHARE:.0%} of the rows, at random{says}"
    counts = target.values[split.is_test].value_counts()
    shown = ", ".join(f"{count:,} of {name}" for name, count in counts.items())
    says = f"the newest {split.test_days:g} days, {counts.sum():,} rows"
    return f"test set: {says}{f': {shown}' if len(counts) <= 20 else ''}"


def keep_out_of_git(file: str) -> None:
    """Let DVC track the table, and let clones and CI pull it from a remote."""
    call("uv", "run", "dvc", "add", "--quiet", str(SOURCE / file))
    pull = f"$ make setup\n$ uv run dvc pull data/source/{file}\n"
    edit("README.md", (r"\$ make setup\n", pull))
    workflow = Path(".github/workflows/ci.yml")
    if workflow.exists():
        step = TEMPLATES.get_template("pull.yml.jinja").render(file=file)
        edit(workflow, *((re.escape(each), step + each) for each in PULLED_BEFORE))
