"""API keys, limits, problem+json, request ids, JSON logs and `/metrics` for the service."""

import logging
import sys
from collections.abc import Iterable

from asgi_correlation_id import CorrelationIdFilter, CorrelationIdMiddleware
from fastapi import FastAPI, Response
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pythonjsonlogger.json import JsonFormatter

from predictor.hardening import problems
from predictor.hardening.middleware import ApiKeys, RequestLimits, RequestLog, Settings


def install(app: FastAPI) -> None:
    """Add everything to the service; the middleware that is added last runs first."""
    settings = Settings.read()
    install_logs()
    problems.install(app, keys=bool(settings.api_keys))
    install_metrics(app)
    app.add_middleware(RequestLimits, settings=settings)
    if settings.api_keys:
        app.add_middleware(ApiKeys, settings=settings)
    app.add_middleware(RequestLog)
    app.add_middleware(CorrelationIdMiddleware)


def install_logs() -> None:
    """Send every log line of this process to stdout, as JSON with the id of the request."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(CorrelationIdFilter())
    style = "{levelname}{name}{message}{correlation_id}"
    handler.setFormatter(JsonFormatter(style, style="{", timestamp="time"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in ("predictor", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.INFO)


def install_metrics(app: FastAPI) -> None:
    """Serve FastAPI's metrics and the service's own counters in the Prometheus format."""
    metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
    meter = metrics.get_meter("predictor")

    def unseen(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(n, {"column": name}) for name, n in app.state.unseen.items()]

    meter.create_observable_counter("predictor.unseen_categories", [unseen])
    failed = "predictor.failed_reloads"
    meter.create_observable_counter(failed, [lambda _: [Observation(app.state.failed_reloads)]])

    @app.get("/metrics", include_in_schema=False)
    async def read_metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
