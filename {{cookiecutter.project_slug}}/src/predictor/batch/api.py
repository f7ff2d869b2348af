"""`POST /predict/batch`: many rows in one request, as a JSON array, JSON lines or CSV."""

import csv
import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import from_json

from predictor.api import champion
from predictor.bundle import Bundle
from predictor.schema import Row
from predictor.task import Prediction

BYTES, ROWS = 10_000_000, 10_000
Read = Callable[[str], Iterator[Any]]

router = APIRouter()


def read_json(text: str) -> Iterator[Any]:
    """Read a JSON array."""
    content = from_json(text)
    if not isinstance(content, list):
        raise ValueError("not a JSON array")  # noqa: TRY004 (caught with what JSON raises)
    return iter(content)


def read_json_lines(text: str) -> Iterator[Any]:
    """Read one JSON value from each line that is not blank."""
    return (from_json(line) for line in text.splitlines() if line.strip())


def read_csv(text: str) -> Iterator[Any]:
    """Read CSV with a header and any delimiter; an empty cell is a missing value."""
    delimiter = max(",;\t|", key=text.partition("\n")[0].count)
    for line in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
        if None in line or None in line.values():
            raise ValueError("a line has another number of cells than the header")
        yield {name: cell or None for name, cell in line.items()}


READERS: dict[str, Read] = {
    "application/json": read_json,
    "application/x-ndjson": read_json_lines,
    "text/csv": read_csv,
}
ITEM = {"$ref": f"#/components/schemas/{Row.__name__}"}
BODY: dict[str, Any] = {kind: {"schema": {"type": "string", "minLength": 1}} for kind in READERS}
BODY["application/json"]["schema"] = {
    "type": "array",
    "items": ITEM,
    "minItems": 1,
    "maxItems": ROWS,
}


@router.post(
    "/predict/batch",
    max_body_size=BYTES,
    openapi_extra={"requestBody": {"required": True, "content": BODY}},
    responses={
        413: {"description": f"More than {BYTES:,} bytes or {ROWS:,} rows"},
        415: {"description": f"Not one of {', '.join(READERS)}"},
        422: {"description": "A row does not fit the schema"},
    },
)
async def predict_batch(request: Request) -> list[Prediction]:
    """Answer for each row of a JSON array, of JSON lines or of CSV with a header."""
    bundle = champion(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in READERS:
        raise HTTPException(415, f"Send one of these content types: {', '.join(READERS)}.")
    # In a thread: ten thousand rows take a second, and the service answers others meanwhile.
    return await run_in_threadpool(answer, bundle, READERS[kind], await request.body())


def answer(bundle: Bundle, read: Read, body: bytes) -> list[Prediction]:
    """Answer for the rows of a body, or raise for the first row that does not fit."""
    try:
        contents = list(islice(read(body.decode("utf-8-sig")), ROWS + 1))
    except (ValueError, csv.Error) as error:
        raise unprocessable(f"The body cannot be read: {error}") from error
    if len(contents) > ROWS:
        raise HTTPException(413, f"Send at most {ROWS:,} rows at a time.")
    if not contents:
        raise unprocessable("Send at least one row.")
    return bundle.predict_rows([row(number, each) for number, each in enumerate(contents)])


def row(number: int, content: object) -> Row:
    """Return a row; an error names its number, counted from 0, and the column."""
    try:
        return Row.model_validate(content)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError(
            [{**each, "loc": ("body", number, *each["loc"])} for each in errors]
        ) from error


def unprocessable(message: str) -> RequestValidationError:
    """Return an error about the whole body."""
    return RequestValidationError([{"loc": ("body",), "msg": message, "type": "value_error"}])


def install(app: FastAPI) -> None:
    """Add the route to the service."""
    app.include_router(router)
