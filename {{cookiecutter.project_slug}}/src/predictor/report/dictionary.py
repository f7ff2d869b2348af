"""The data dictionary: the contract as a page to read."""

from predictor.contract import (
    CategoryColumn,
    Column,
    Contract,
    NumberColumn,
    TimestampColumn,
)


def dictionary(contract: Contract) -> str:
    """Return the columns of the contract as Markdown tables."""
    target = contract.target
    lines = [
        "# Data dictionary",
        "",
        "Written from `contract.yaml` by the stage `evaluate`.",
        "",
        f"**Target:** `{target.column}` ({contract.task}). {_cell(target.description)}",
        "",
        "| Column | Type | Unit | Legal values | Missing | Description |",
        "|---|---|---|---|---|---|",
        *(_feature(name, column) for name, column in contract.columns.items()),
    ]
    if contract.ignored:
        lines += ["", "## Kept from the model", "", "| Column | Reason | Description |"]
        lines += ["|---|---|---|"]
        lines += [
            f"| {_code(name)} | {each.reason} | {_cell(each.description)} |"
            for name, each in contract.ignored.items()
        ]
    return "\n".join(lines) + "\n"


def _feature(name: str, column: Column) -> str:
    unit = column.unit if isinstance(column, NumberColumn) else ""
    missing = "allowed" if column.missing else "no"
    cells = [column.type, _cell(unit), _cell(_legal(column)), missing, _cell(column.description)]
    return f"| {_code(name)} | {' | '.join(cells)} |"


def _legal(column: Column) -> str:
    match column:
        case NumberColumn(range=(low, high)):
            return f"{low:g} to {high:g}"
        case CategoryColumn(values=values) if values:
            return ", ".join(values)
        case TimestampColumn(parts=parts):
            return f"the model sees {', '.join(parts)}"
        case _:
            return "any"


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
