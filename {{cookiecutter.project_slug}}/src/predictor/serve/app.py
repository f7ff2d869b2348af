"""The service: an application built around one champion, or around its absence."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from predictor.bundle import Metadata
from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.release import Champion, Release
from predictor.serve import problems
from predictor.serve.answer import ANSWERS, Answer, answer
from predictor.serve.schema import row_model, to_columns


class ModelCard(BaseModel):
    """Who answers, where it comes from, and how it did in its exam."""

    release: Release
    metadata: Metadata
    contract: Contract


class Health(BaseModel):
    """The service is up; when ready, with the version that answers."""

    status: str
    model_version: str | None = None


def create_app(champion: Champion | PredictorError) -> FastAPI:
    """Build the service; given an error instead of a champion, it answers 503 with its sentence."""
    title = "Predictor" if isinstance(champion, PredictorError) else champion.release.name
    app = FastAPI(title=title)
    problems.install(app)
    app.get("/health/live", summary="Is the process up?")(_live)
    if isinstance(champion, PredictorError):
        _refuse(app, champion)
    else:
        _answer(app, champion)
    return app


async def _live() -> Health:
    return Health(status="live")


def _answer(app: FastAPI, champion: Champion) -> None:
    @app.get("/health/ready", summary="Is there a model to answer?")
    async def ready() -> Health:
        return Health(status="ready", model_version=champion.release.version)

    @app.get("/model", summary="Who answers")
    async def model() -> ModelCard:
        bundle = champion.bundle
        return ModelCard(
            release=champion.release, metadata=bundle.metadata, contract=bundle.contract
        )

    contract = champion.bundle.contract
    app.post(
        "/predict",
        summary=contract.question,
        response_model=ANSWERS[contract.task],
        responses=problems.described(422),
    )(_predict(champion))


def _predict(champion: Champion) -> Callable[..., Awaitable[Answer]]:
    bundle = champion.bundle

    # `async def`: a row takes the model less time than a hop to another thread would.
    async def predict(row: BaseModel) -> Answer:
        return answer(champion, to_columns(bundle.contract, [row]))

    # The type of a row exists only now that the contract is read.
    predict.__annotations__["row"] = row_model(bundle.contract, bundle.statistics.typical())
    return predict


def _refuse(app: FastAPI, reason: PredictorError) -> None:
    async def unavailable() -> JSONResponse:
        return problems.problem(503, str(reason))

    refused: dict[str, Any] = {"status_code": 503, "responses": problems.described(503)}
    for path, method in (("/predict", "POST"), ("/model", "GET"), ("/health/ready", "GET")):
        app.add_api_route(path, unavailable, methods=[method], **refused)
