"""A page at `/` for people who do not code: a form generated from the API's JSON Schema."""

import json
import mimetypes
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

from predictor.api import champion
from predictor.paths import EXAMPLE
from predictor.task import Problem

STATIC = Path(__file__).parent / "static"
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)


class About(BaseModel):
    """The texts next to the form, and a typical row to fill it with."""

    problem: Problem
    example: dict[str, Any]
    categories: dict[str, list[str]]  # in the training rows, the most frequent first


def install(app: FastAPI) -> None:
    """Add the page and its files to the service."""
    # On Windows, the registry may give scripts the type text/plain, which browsers do not run.
    for suffix, kind in {".js": "text/javascript", ".css": "text/css"}.items():
        mimetypes.add_type(kind, suffix)
    app.mount("/page", StaticFiles(directory=STATIC), name="page")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(
            STATIC / "index.html", headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY}
        )

    @app.get("/about", include_in_schema=False)
    async def about(request: Request) -> About:
        bundle = champion(request)
        columns = bundle.reference["columns"]
        return About(
            problem=bundle.metadata.problem,
            example=json.loads((bundle.folder / EXAMPLE).read_text(encoding="utf-8")),
            categories={name: list(columns[name]["shares"]) for name in bundle.known},
        )
