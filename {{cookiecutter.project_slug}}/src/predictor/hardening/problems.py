"""Every error as `application/problem+json` (RFC 9457), with one sentence for the caller."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from predictor.api import unprocessable

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """The body of every error; `errors` lists where a request does not fit the schema."""

    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] = []


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, errors: Sequence[Any] = ()
) -> JSONResponse:
    """Return the response for an error."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=[*errors])
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


def install(app: FastAPI, *, keys: bool) -> None:
    """Return every error of `app` as a problem, and describe it in OpenAPI."""
    describe(app, keys=keys)

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(HTTPException)
    @app.exception_handler(Exception)
    async def _(request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, HTTPException):
            return problem(error.status_code, str(error.detail), error.headers)
        if not isinstance(error, RequestValidationError):
            sentence = "Internal error: see the log of the service for details."
            # This response does not pass the middleware, so the request id is added here.
            return problem(500, sentence, {"X-Request-ID": correlation_id.get() or ""})
        errors = json.loads(bytes((await unprocessable(request, error)).body))["detail"]
        first = ".".join(map(str, errors[0]["loc"]))
        return problem(422, f"{first}: {errors[0]['msg']}", errors=errors)


def describe(app: FastAPI, *, keys: bool) -> None:
    """Describe the API key and the errors in OpenAPI, in the way that FastAPI documents."""
    generate, content = app.openapi, {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = generate()
            for operation in (each for path in schema["paths"].values() for each in path.values()):
                for status in [each for each in operation["responses"] if each > "4"] + [
                    "401"
                ] * keys:
                    described = {"description": HTTPStatus(int(status)).phrase, "content": content}
                    operation["responses"][status] = described
            if keys:
                key = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
                schema["components"]["securitySchemes"] = {"key": key}
                schema["security"] = [{"key": []}]
        return generate()

    app.openapi = openapi  # type: ignore[method-assign]
