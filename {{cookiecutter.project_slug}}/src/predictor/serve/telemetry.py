"""What Prometheus reads at `/metrics`; it survives a change of champion."""

import time
from collections.abc import Mapping
from functools import lru_cache, partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from predictor.release import Release

# Seconds; a row takes a millisecond, a batch of 10,000 rows about one second.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Telemetry:
    """Counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        self._requests = counter("predictor_requests", "Requests answered", ["route", "status"])
        self._seconds = Histogram(
            "predictor_request_seconds",
            "Seconds from the headers of a request to the end of its answer",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._errors = counter(
            "predictor_errors", "Requests that failed through no fault of theirs"
        )
        self._predictions = counter(
            "predictor_predictions", "Rows answered, by what was said", ["answer"]
        )
        self._reloads = counter("predictor_reloads", "Changes of champion, by outcome", ["outcome"])
        self._model = gauge(
            "predictor_model_info", "1 for the version that answers", ["name", "version"]
        )
        self._age = gauge("predictor_model_age_seconds", "Seconds since the promotion")
        self.in_flight = gauge("predictor_requests_in_flight", "Requests being answered")
        # Prometheus finds a counter by its labels under a lock; once is enough.
        self._found = lru_cache(maxsize=None)(self._counters)
        self._said = lru_cache(maxsize=None)(self._predictions.labels)

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is a path of the API, not of the request."""
        requests, durations = self._found(route, status)
        requests.inc()
        durations.observe(seconds)

    def _counters(self, route: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(route, str(status)), self._seconds.labels(route)

    def failed(self) -> None:
        """Count one request that the service could not answer."""
        self._errors.inc()

    def answered(self, said: Mapping[str, int]) -> None:
        """Count the rows of one answer, by what was said about them."""
        for answer, rows in said.items():
            self._said(answer).inc(rows)

    def serves(self, release: Release) -> None:
        """Name the version that answers from now on."""
        self._model.clear()
        self._model.labels(release.name, release.version).set(1)
        promoted = release.promoted.timestamp()
        self._age.set_function(lambda: time.time() - promoted)

    def reloaded(self, outcome: str) -> None:
        """Count a change of champion that was `done` or `refused`."""
        self._reloads.labels(outcome).inc()

    def exposition(self) -> bytes:
        """Return everything in the text format of Prometheus."""
        return generate_latest(self.registry)
