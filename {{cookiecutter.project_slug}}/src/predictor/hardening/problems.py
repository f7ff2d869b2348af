"""Every error as `application/problem+json` (RFC 9457), with one sentence for the caller."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from predictor.api import unprocessable

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """The body of every error; `errors` are those of a body that does not fit the schema."""

    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] = []


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[dict[str, Any]] = (),
) -> JSONResponse:
    """Return the response for an error."""
    title = HTTPStatus(status).phrase
    body = Problem(title=title, status=status, detail=detail, errors=list(errors))
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem, and say so in OpenAPI."""

    @app.exception_handler(RequestValidationError)
    async def _(request: Request, error: RequestValidationError) -> JSONResponse:
        plain = await unprocessable(request, error)
        errors = json.loads(bytes(plain.body))["detail"]
        first = ".".join(map(str, errors[0]["loc"]))
        return problem(422, f"{first}: {errors[0]['msg']}", errors=errors)

    @app.exception_handler(HTTPException)
    async def _(_: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def _(_: Request, __: Exception) -> JSONResponse:
        return problem(500, "The service made a mistake; its log has the details.")


def describe(schema: dict[str, Any], statuses: Sequence[int]) -> None:
    """Add the errors that every operation can answer with to an OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    for operation in (each for path in schema["paths"].values() for each in path.values()):
        for status in {*statuses, *(int(each) for each in operation["responses"] if each > "4")}:
            description = HTTPStatus(status).phrase
            operation["responses"][str(status)] = {"description": description, "content": content}
