"""`POST /predict/batch`: many rows in one request, as a JSON array or CSV."""

import csv
from itertools import islice

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from predictor.api import answer, champion
from predictor.batch.readers import READERS
from predictor.features import KINDS
from predictor.schema import Row
from predictor.task import Prediction

BYTES, ROWS = 10_000_000, 10_000
ITEM = {"$ref": f"#/components/schemas/{Row.__name__}"}
ARRAY = {"type": "array", "items": ITEM, "minItems": 1, "maxItems": ROWS}
BODY = {
    "application/json": {"schema": ARRAY},
    "text/csv": {"schema": {"type": "string", "minLength": 1}},
}
router = APIRouter()


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
    """Return a prediction for each row of a JSON array, or of CSV with a header."""
    champion(request)  # respond with 503, before the body is read, if there is none
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in READERS:
        raise HTTPException(415, f"Send one of these content types: {', '.join(READERS)}.")
    # In a thread: ten thousand rows take a second, which would block all other requests.
    rows = await run_in_threadpool(read_rows, kind, await request.body())
    return await run_in_threadpool(answer, request, rows)


def read_rows(kind: str, body: bytes) -> list[Row]:
    """Return the rows of a body, or raise for the first row that does not fit the schema."""
    try:
        contents = list(islice(READERS[kind](body.decode("utf-8-sig")), ROWS + 1))
    except (ValueError, csv.Error) as error:
        raise unprocessable(f"The body cannot be read: {error}") from error
    if len(contents) > ROWS:
        raise HTTPException(413, f"Send at most {ROWS:,} rows at a time.")
    if not contents:
        raise unprocessable("Send at least one row.")
    strict = False if kind == "text/csv" else None  # the cells of a CSV are text
    return [row(number, each, strict) for number, each in enumerate(contents)]


def row(number: int, content: object, strict: bool | None) -> Row:
    """Return a row; an error names its number, counted from 0, and the column."""
    if isinstance(content, dict) and len(content) > 2 * len(KINDS):
        # One error for each column would take a hundred times the memory of the body.
        raise unprocessable(f"Row {number} has {len(content):,} columns.")
    try:
        return Row.model_validate(content, strict=strict)
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
