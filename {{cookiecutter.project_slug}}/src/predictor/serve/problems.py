"""Every error as `application/problem+json` (RFC 9457), with one sentence for the caller."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from predictor.errors import PredictorError

MEDIA_TYPE = "application/problem+json"
RETRY = {"Retry-After": "1"}  # seconds
SHOWN = 3


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


def problem(
    status: int,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the response for an error."""
    body = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors)
    )
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


def overloaded(detail: str) -> JSONResponse:
    """Return the response of a service that has enough to do."""
    return problem(503, f"{detail} Send it again in a second.", headers=RETRY)


def too_slow(seconds: float) -> JSONResponse:
    """Return the response to a request that was not answered within its time."""
    sentence = f"This took longer than {seconds:g} s: send less at a time, or faster."
    return problem(503, sentence, headers=RETRY)


def unavailable(reason: PredictorError) -> JSONResponse:
    """Return the response of a service that has no model, with the reason."""
    return problem(503, str(reason), headers=RETRY)


def internal() -> JSONResponse:
    """Return the response to a fault of the service."""
    return problem(500, "The service made a mistake; its log has the details.")


def unprocessable(errors: Sequence[FieldError]) -> JSONResponse:
    """Return the response to a body that is not what the contract asks for."""
    detail = "; ".join(f"{each.field}: {each.message}" for each in errors[:SHOWN])
    more = f"; and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
    return problem(422, f"{detail}{more}.", errors)


def field_errors(found: Sequence[Mapping[str, Any]], inside: str = "body") -> list[FieldError]:
    """Return pydantic's errors as sentences about fields; `inside` is the part they are about."""
    return [FieldError(field=_field(each, inside), message=_message(each)) for each in found]


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem."""
    app.add_exception_handler(RequestValidationError, _unprocessable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PredictorError, _unanswerable)
    app.add_exception_handler(Exception, _internal)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the errors that an operation answers with."""
    content = {MEDIA_TYPE: {"schema": _schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def _schema() -> dict[str, Any]:
    # In one piece: the references that pydantic makes lead nowhere inside an OpenAPI document.
    schema = Problem.model_json_schema()
    del schema["$defs"]
    schema["properties"]["errors"]["items"] = FieldError.model_json_schema()
    return schema


async def _unprocessable(_: Request, error: Exception) -> JSONResponse:
    return unprocessable(
        field_errors(error.errors() if isinstance(error, RequestValidationError) else [])
    )


async def _http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return internal()
    return problem(error.status_code, _sentence(error), headers=error.headers)


async def _unanswerable(_: Request, error: Exception) -> JSONResponse:
    return unprocessable([FieldError(field="body", message=str(error))])


async def _internal(_: Request, __: Exception) -> JSONResponse:
    return internal()


def _sentence(error: HTTPException) -> str:
    match error.status_code:
        case 404 if error.detail == HTTPStatus(404).phrase:
            return "There is nothing at this address: /docs lists what there is."
        case 405:
            return "This address takes another method: /docs lists them."
    return str(error.detail)


def _message(error: Mapping[str, Any]) -> str:
    if tuple(error["loc"]) in ((), ("body",)) and error["type"] != "json_invalid":
        return "send one row as a JSON object, with Content-Type: application/json"
    return str(error["msg"])


def _field(error: Mapping[str, Any], inside: str) -> str:
    if error["type"] == "json_invalid":
        return inside
    place = [str(part) for part in error["loc"] if part != "body"]
    return ".".join(place) or inside
