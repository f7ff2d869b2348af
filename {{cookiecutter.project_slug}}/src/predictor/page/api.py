"""A page at `/` for people who do not code: a form generated from the API's JSON Schema."""

import mimetypes

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from predictor.api import champion
from predictor.page.about import POLICY, STATIC, About, about, render

TEXTS = {
    "backend": "api",
    "policy": POLICY,
    "links": '<a href="docs">API</a>',
    "title": "Predictor",
    "question": "Loading",
    "decision": "",
    "note": "Every change requests a new prediction.",
}


def install(app: FastAPI) -> None:
    """Add the page and its files to the service."""
    # On Windows, the registry may give scripts the type text/plain, which browsers do not run.
    for suffix, kind in {".js": "text/javascript", ".css": "text/css"}.items():
        mimetypes.add_type(kind, suffix)
    app.mount("/page", StaticFiles(directory=STATIC), name="page")

    @app.get("/", include_in_schema=False)
    async def page() -> HTMLResponse:
        # `frame-ancestors` works only in a header.
        headers = {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'"}
        return HTMLResponse(render("index.html", **TEXTS), headers=headers)

    @app.get("/about", include_in_schema=False)
    async def about_champion(request: Request) -> About:
        return about(champion(request))
