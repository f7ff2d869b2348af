"""The contract that a table seems to ask for, and how it is shown."""

import re
from dataclasses import dataclass

import pandas as pd
from rich import box
from rich.table import Table

from predictor.adopt import suspects
from predictor.adopt.inference import (
    alike,
    guess_column,
    infer_target,
    infer_task,
)
from predictor.contract import (
    CategoryColumn,
    Column,
    Contract,
    Costs,
    Ignored,
    NumberColumn,
    Task,
    Time,
    TimestampColumn,
)
from predictor.data.conversion import typed
from predictor.documents import nearest, parse
from predictor.errors import PredictorError

FEWEST_ROWS = 100
QUESTION = "Write here the question that the model answers for one row."
DECISION = "Write here who decides what with the answer."


@dataclass(frozen=True)
class Wish:
    """What the user said about a table."""

    target: str
    name: str
    time: str | None = None
    positive: str | None = None
    task: Task | None = None
    ignore: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop_unlabelled: bool = False


@dataclass(frozen=True)
class Proposal:
    """A contract, the rows it was made for, and a note for columns that need one."""

    contract: Contract
    rows: pd.DataFrame
    notes: dict[str, str]


def slug(file: str) -> str:
    """Return a name for the model of a file, such as `my-table` for `My table (2).csv.gz`."""
    stem = file.removesuffix(".gz").rsplit(".", 1)[0].lower()
    words = re.findall(r"[a-z0-9]+", stem)
    name = "-".join(words)
    return name if name[:1].isalpha() else "-".join(["table", *words])


def propose(rows: pd.DataFrame, wish: Wish) -> Proposal:
    """Infer the contract of a table as it was read.

    Raises:
        PredictorError: the table cannot be learned from as it is; the sentence says why.
    """
    _require_columns(rows, wish)
    rows = _labelled(rows, wish)
    if len(rows) < FEWEST_ROWS:
        raise PredictorError(
            f"The table has {len(rows)} rows with a target, and {FEWEST_ROWS} are the fewest that "
            "can be split, trained on and tested."
        )
    guesses = {str(name): guess_column(rows[name]) for name in rows.columns if name != wish.target}
    contract = _contract(rows, wish, {name: guess.column for name, guess in guesses.items()})
    found = suspects.find(contract, typed(rows, contract))
    notes = {name: "; ".join(guess.notes) for name, guess in guesses.items() if guess.notes}
    notes |= {name: ignored.description for name, ignored in found.items()}
    chosen = {name: Ignored(reason="chosen") for name in wish.ignore}
    ignored = {name: each for name, each in found.items() if name not in wish.keep} | chosen
    return Proposal(_trusting(_without(contract, ignored), wish.keep), rows, notes)


def show(proposal: Proposal) -> Table:
    """Return the proposal as a table of plain characters."""
    contract = proposal.contract
    table = Table("column", "role", "what it is", "note", box=box.ASCII)
    target = contract.target
    notes = (*alike(target.classes), "--task and --positive overrule")
    table.add_row(target.column, "target", _asked(contract), "; ".join(notes))
    for name, column in contract.columns.items():
        table.add_row(name, "feature", _described(column), proposal.notes.get(name, ""))
    for name, ignored in contract.ignored.items():
        note = proposal.notes.get(name, "")
        table.add_row(name, "IGNORED", ignored.reason, note)
    return table


def _asked(contract: Contract) -> str:
    match contract.task:
        case "binary":
            return f"binary, positive is {contract.target.positive!r}"
        case "multiclass":
            return f"multiclass: {', '.join(contract.target.classes)}"
        case "regression":
            return "regression"


def _require_columns(rows: pd.DataFrame, wish: Wish) -> None:
    asked = {
        "--target": (wish.target,),
        "--time": (wish.time,) if wish.time else (),
        "--ignore": wish.ignore,
        "--keep": wish.keep,
    }
    names = [str(name) for name in rows.columns]
    for option, columns in asked.items():
        for column in columns:
            if column not in names:
                raise PredictorError(
                    f"{option}: the table has no column {column!r}{nearest(column, names)}; "
                    f"it has {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}."
                )


def _labelled(rows: pd.DataFrame, wish: Wish) -> pd.DataFrame:
    absent = rows[wish.target].isna()
    if not absent.any():
        return rows
    if not wish.drop_unlabelled:
        raise PredictorError(
            f"The target {wish.target!r} is missing in {int(absent.sum()):,} of {len(rows):,} "
            "rows: fill them, or leave these rows out with --drop-unlabelled."
        )
    return rows[~absent].reset_index(drop=True)


def _contract(rows: pd.DataFrame, wish: Wish, columns: dict[str, Column]) -> Contract:
    target = rows[wish.target]
    try:
        task = wish.task or infer_task(target)
        described = infer_target(target, task, wish.positive)
    except PredictorError as error:
        raise PredictorError(f"{wish.target!r} cannot be the target: {error}") from error
    if not columns:
        raise PredictorError("The table has no column beside the target.")
    content = {
        "name": wish.name,
        "question": QUESTION,
        "decision": DECISION,
        "task": task,
        "target": described.model_copy(update={"drop_unlabelled": wish.drop_unlabelled}),
        "costs": Costs(false_alarm=1, miss=1, unit="wrong decisions") if task == "binary" else None,
        "time": _time(rows, wish.time),
        "columns": columns,
    }
    return parse(Contract, content, "the proposed contract")


def _time(rows: pd.DataFrame, name: str | None) -> Time | None:
    if name is None:
        return None
    guess = guess_column(rows[name]).column
    if not isinstance(guess, TimestampColumn) or guess.missing:
        raise PredictorError(
            f"--time: {name!r} must hold one date or time in every row, for example 2024-01-31 or "
            f"2024-01-31T09:30; it has values such as {rows[name].iloc[0]!r}. Days and months "
            "that can be read either way, and times with an offset such as Z or +01:00, must be "
            "rewritten first."
        )
    return Time(column=name, format=guess.format)


def _without(contract: Contract, ignored: dict[str, Ignored]) -> Contract:
    left = {name: column for name, column in contract.columns.items() if name not in ignored}
    if not left:
        reasons = "; ".join(f"{name}: {each.reason}" for name, each in ignored.items())
        raise PredictorError(f"No column is left to learn from: {reasons}.")
    content = contract.model_dump() | {"columns": left, "ignored": ignored}
    return parse(Contract, content, "the proposed contract")


def _trusting(contract: Contract, names: tuple[str, ...]) -> Contract:
    columns = {name: contract.columns[name] for name in names if name in contract.columns}
    trusted = {
        name: column.model_copy(update={"trusted": True}) for name, column in columns.items()
    }
    return contract.model_copy(update={"columns": contract.columns | trusted})


def _described(column: Column) -> str:
    missing = ", may be missing" if column.missing else ""
    match column:
        case NumberColumn(range=(low, high)):
            return f"number from {low:g} to {high:g}{missing}"
        case CategoryColumn(values=values) if values:
            return f"category: {', '.join(values)}{missing}"
        case TimestampColumn(parts=parts):
            return f"timestamp ({', '.join(parts)}){missing}"
        case _:
            return f"{column.type}{missing}"
