"""The service of one champion: an application that is built around it, or around its absence."""

import mimetypes
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from predictor.errors import PredictorError
from predictor.release import Champion
from predictor.serve import docs, problems
from predictor.serve.keys import require_one_of
from predictor.serve.routes import Routes
from predictor.serve.settings import Settings
from predictor.serve.shortcut import Shortcut
from predictor.serve.telemetry import Telemetry

PAGE = Path(__file__).parent / "page"
PAGE_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
OWN_FILES_ONLY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Health(BaseModel):
    """The service is up; when ready, with the version that answers."""

    status: str
    model_version: str | None = None


def create_app(
    champion: Champion | PredictorError,
    settings: Settings | None = None,
    telemetry: Telemetry | None = None,
) -> FastAPI:
    """Build the service; given an error instead of a champion, it answers 503 with its sentence."""
    settings, telemetry = settings or Settings(), telemetry or Telemetry()
    app = FastAPI(
        **_title(champion),
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # `Telemetry` counts
    )
    problems.install(app)
    guarded = APIRouter(**_guard(settings))
    if isinstance(champion, PredictorError):
        _refuse(guarded, champion)
    else:
        routes = Routes(champion, settings, telemetry)
        routes.install(guarded)
        if not settings.api_keys:
            app.add_middleware(Shortcut, routes=routes)
    _install_metrics(guarded, telemetry)
    # First, as each route before costs time; `include_router` would match every request twice.
    app.router.routes[:0] = guarded.routes
    _install_health(app, champion)
    docs.install(app)
    _install_page(app)
    return app


def _title(champion: Champion | PredictorError) -> dict[str, Any]:
    if isinstance(champion, PredictorError):
        return {"title": "Predictor"}
    release, decision = champion.release, champion.bundle.contract.decision
    return {"title": release.name, "version": release.version, "description": decision}


def _guard(settings: Settings) -> dict[str, Any]:
    if not settings.api_keys:
        return {"responses": problems.described(503)}
    dependencies = [Depends(require_one_of(settings.api_keys))]
    return {"dependencies": dependencies, "responses": problems.described(401, 503)}


def _install_page(app: FastAPI) -> None:
    # Windows takes types from its registry, where a script may be plain text that no browser runs.
    for suffix, kind in PAGE_TYPES.items():
        mimetypes.add_type(kind, suffix)
    app.mount("/page", StaticFiles(directory=PAGE), name="page")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(
            PAGE / "index.html", headers={"Content-Security-Policy": OWN_FILES_ONLY}
        )


def _install_health(app: FastAPI, champion: Champion | PredictorError) -> None:
    @app.get("/health/live", tags=["operation"], summary="Is the process up?")
    async def live() -> Health:
        return Health(status="live")

    @app.get(
        "/health/ready",
        tags=["operation"],
        summary="Is there a model to answer?",
        response_model=Health,
        responses=problems.described(503),
    )
    async def ready() -> Health | JSONResponse:
        if isinstance(champion, PredictorError):
            return problems.unavailable(champion)
        return Health(status="ready", model_version=champion.release.version)


def _install_metrics(router: APIRouter, telemetry: Telemetry) -> None:
    @router.get(
        "/metrics",
        tags=["operation"],
        summary="Counters, for Prometheus",
        response_class=_Exposition,
    )
    async def metrics() -> Response:
        return _Exposition(telemetry.exposition())


class _Exposition(Response):
    media_type = CONTENT_TYPE_LATEST


def _refuse(router: APIRouter, reason: PredictorError) -> None:
    async def unavailable() -> JSONResponse:
        return problems.unavailable(reason)

    asked = ("/predict", "/predict/batch", "/explain", "/feedback")
    for path, method in (*((path, "POST") for path in asked), ("/model", "GET")):
        router.add_api_route(path, unavailable, methods=[method], status_code=503)
