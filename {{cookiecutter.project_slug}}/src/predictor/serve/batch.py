"""Many rows in one request: a JSON array, JSON lines, or CSV with a header."""

import csv
import io
from collections.abc import Callable, Iterator

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from predictor.contract import BooleanColumn, Contract, NumberColumn
from predictor.serve.problems import FieldError, field_errors

TRUTHS = {"true": True, "false": False}


class TooManyRowsError(Exception):
    """A body has more rows than are answered at once."""


class BadRowsError(Exception):
    """A body is not rows of the contract; `errors` tell what is wrong with the first bad one."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(errors)
        self.errors = errors


def read_rows(
    contract: Contract, row: type[BaseModel], media_type: str, body: bytes, most: int
) -> list[BaseModel]:
    """Read a body of one of `READERS` as rows of the contract.

    Raises:
        BadRowsError: it is none, or a row breaks the contract; rows count from 1.
        TooManyRowsError: it has more than `most` rows.
    """
    rows: list[BaseModel] = []
    for number, content in enumerate(READERS[media_type](contract, body), start=1):
        if number > most:
            raise TooManyRowsError
        rows.append(_valid(row, number, content))
    if not rows:
        raise _bad("body", "send at least one row")
    return rows


def _valid(row: type[BaseModel], number: int, content: object) -> BaseModel:
    try:
        return row.model_validate(content)
    except ValidationError as error:
        found = field_errors(error.errors(include_url=False, include_context=False), inside="")
        raise BadRowsError([_in_row(number, each) for each in found]) from error


def _in_row(number: int, error: FieldError) -> FieldError:
    place = f"row {number}, {error.field}" if error.field else f"row {number}"
    return FieldError(field=place, message=error.message)


def _bad(field: str, message: str) -> BadRowsError:
    return BadRowsError([FieldError(field=field, message=message)])


def _from_json(_: Contract, body: bytes) -> Iterator[object]:
    content = _parsed(body, "body")
    if not isinstance(content, list):
        raise _bad("body", "send a JSON array of rows")
    yield from content


def _from_json_lines(_: Contract, body: bytes) -> Iterator[object]:
    for number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            yield _parsed(line, f"line {number}")


def _parsed(text: bytes, place: str) -> object:
    try:
        return from_json(text)
    except ValueError as error:
        raise _bad(place, f"not JSON: {error}") from error


def _from_csv(contract: Contract, body: bytes) -> Iterator[object]:
    try:
        lines = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        for row in lines:
            yield _typed(contract, row, lines.line_num)
    except UnicodeDecodeError as error:
        raise _bad("body", f"not UTF-8: {error.reason} at byte {error.start}") from error
    except csv.Error as error:
        raise _bad("body", f"not CSV: {error}") from error


def _typed(contract: Contract, row: dict[str | None, str | None], line: int) -> dict[str, object]:
    """Return a row of text with the types that JSON would have; an empty cell is no value."""
    cells = {name: cell for name, cell in row.items() if name is not None}
    if len(cells) < len(row) or None in cells.values():
        raise _bad(f"line {line}", "has another number of cells than the header")
    return {name: _value(contract, name, cell or "") for name, cell in cells.items()}


def _value(contract: Contract, name: str, cell: str) -> object:
    column = contract.columns.get(name)
    if cell == "":
        return None
    match column:
        case NumberColumn():
            return _number(cell)
        case BooleanColumn():
            return TRUTHS.get(cell.strip().lower(), cell)
    return cell


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


READERS: dict[str, Callable[[Contract, bytes], Iterator[object]]] = {
    "application/json": _from_json,
    "application/x-ndjson": _from_json_lines,
    "text/csv": _from_csv,
}
