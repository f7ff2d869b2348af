"""Every error as `application/problem+json` (RFC 9457), with one sentence for the caller."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException


class FieldError(BaseModel):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Problem(BaseModel):
    """The body of every error."""

    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


def problem(status: int, detail: str, errors: Sequence[FieldError] = ()) -> JSONResponse:
    """Return the response for an error."""
    body = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors)
    )
    return JSONResponse(body.model_dump(), status, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem."""
    app.add_exception_handler(RequestValidationError, _unprocessable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _internal)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the errors that an operation answers with."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


async def _unprocessable(_: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [FieldError(field=_field(each), message=_message(each)) for each in found]
    detail = "; ".join(f"{each.field}: {each.message}" for each in errors[:3])
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    return problem(422, f"{detail}{more}.", errors)


async def _http(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Unknown error."
    return problem(status, str(detail))


async def _internal(_: Request, __: Exception) -> JSONResponse:
    return problem(500, "The service made a mistake; its log has the details.")


def _message(error: dict[str, Any]) -> str:
    if tuple(error["loc"]) == ("body",):
        return "send one row as a JSON object, with Content-Type: application/json"
    return str(error["msg"])


def _field(error: dict[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return "body"
    inside = [str(part) for part in error["loc"] if part != "body"]
    return ".".join(inside) or "body"
