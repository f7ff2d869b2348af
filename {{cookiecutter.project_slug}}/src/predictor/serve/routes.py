"""What can be asked about rows, and about the model that answers."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError, create_model
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from predictor.release import Champion
from predictor.serve import problems
from predictor.serve.answer import (
    ANSWERS,
    PREDICTIONS,
    Signed,
    answer,
    predictions,
    said,
    signature,
)
from predictor.serve.batch import READERS, BadRowsError, TooManyRowsError, read_rows
from predictor.serve.card import ModelCard, model_card
from predictor.serve.explain import Explanation, explain
from predictor.serve.feedback import Feedback, FeedbackLog, Stored, feedback_model
from predictor.serve.schema import row_model, to_columns, to_row
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry
from predictor.serve.turnstile import Turnstile

logger = logging.getLogger(__name__)

PREDICT = "/predict"
JSON = "application/json"
ROW = {"$ref": "#/components/schemas/Row"}
Endpoint = Callable[..., Any]


class Routes:
    """The routes of one champion."""

    def __init__(self, champion: Champion, settings: Settings, telemetry: Telemetry) -> None:
        self.champion, self.settings, self.telemetry = champion, settings, telemetry
        self.contract = champion.bundle.contract
        self.row = row_model(self.contract, champion.bundle.statistics.typical())
        self.batches = Turnstile(settings.batches)

    def install(self, router: APIRouter) -> None:
        """Add every route to `router`."""
        asked = problems.described(400, 413, 422)
        router.post(
            PREDICT,
            tags=["answers"],
            summary=self.contract.question,
            response_model=ANSWERS[self.contract.task],
            responses=problems.described(413, 415, 422),
            openapi_extra={"requestBody": {"required": True, "content": {JSON: {"schema": ROW}}}},
        )(self._predict)
        router.post(
            "/predict/batch",
            tags=["answers"],
            summary="The same for many rows: a JSON array, JSON lines, or CSV with a header",
            response_model=self._batch_model(),
            responses=problems.described(413, 415, 422),
            openapi_extra={"requestBody": self._batch_body()},
        )(self._batch)
        router.post(
            "/explain", tags=["answers"], summary="Which values moved the answer", responses=asked
        )(self._explain())
        router.get("/model", tags=["model"], summary="Who answers")(self._model)
        if self.settings.feedback:
            router.post(
                "/feedback",
                tags=["labels"],
                summary="What turned out to be true",
                status_code=202,
                response_model=Stored,
                responses={**asked, **problems.described(507)},
            )(self._feedback(FeedbackLog(self.settings.feedback)))

    # `async def`: a row takes the model less time than a hop to another thread would.
    async def _predict(self, request: Request) -> Response:
        if _media_type(request) != JSON:
            raise HTTPException(415, f"Send one row as a JSON object, with Content-Type: {JSON}.")
        return self.answer_row(await request.body())

    def answer_row(self, body: bytes) -> Response:
        """Answer one row, given as JSON.

        Raises:
            RequestValidationError: it is none that the contract allows.
            NoAnswerError: the model has no answer.
        """
        answered = answer(self.champion, to_columns(self.contract, [_row(self.row, body)]))
        self.telemetry.answered({said(answered): 1})
        return _json(answered)

    def _explain(self) -> Endpoint:
        # `def`, hence in a thread: a row of many columns has many variants.
        def explained(row: BaseModel) -> Explanation:
            return explain(self.champion, to_row(self.contract, row))

        return _taking(explained, row=self.row)

    def _feedback(self, log: FeedbackLog) -> Endpoint:
        def feedback(body: Feedback) -> Stored | JSONResponse:
            try:
                return log.append(body)
            except OSError:
                logger.exception("a label cannot be stored")
                return problems.problem(507, "The label could not be stored: send it again later.")

        return _taking(feedback, body=feedback_model(self.contract))

    async def _model(self) -> ModelCard:
        return model_card(self.champion)

    async def _batch(self, request: Request) -> Response:
        media_type = _media_type(request)
        if media_type not in READERS:
            return problems.problem(
                415, f"Send one of these as Content-Type: {', '.join(READERS)}."
            )
        with self.batches:
            return await run_in_threadpool(self._answer_all, media_type, await request.body())

    def _answer_all(self, media_type: str, body: bytes) -> Response:
        most = self.settings.batch_rows
        try:
            rows = read_rows(self.contract, self.row, media_type, body, most)
        except TooManyRowsError:
            return problems.problem(413, f"Send at most {most:,} rows at a time.")
        except BadRowsError as error:
            return problems.unprocessable(error.errors)
        found = predictions(self.champion.bundle, to_columns(self.contract, rows))
        self.telemetry.answered(Counter(map(said, found)))
        return _json({**signature(self.champion), "predictions": found})

    def _batch_model(self) -> type[BaseModel]:
        rows: Any = list.__class_getitem__(PREDICTIONS[self.contract.task])
        return create_model("Predictions", __base__=Signed, predictions=(rows, ...))

    def _batch_body(self) -> dict[str, Any]:
        rows = {"type": "array", "minItems": 1, "maxItems": self.settings.batch_rows}
        content = {name: {"schema": {"type": "string"}} for name in READERS}
        return {
            "required": True,
            "content": content | {JSON: {"schema": rows | {"items": ROW}}},
        }


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _row(kind: type[BaseModel], body: bytes) -> BaseModel:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from error


def _json(content: object) -> Response:
    return Response(to_json(content), media_type=JSON)


def _taking(endpoint: Endpoint, **bodies: type[BaseModel]) -> Endpoint:
    """Give an endpoint the type of its body, which exists only once the contract is read."""
    endpoint.__annotations__.update(bodies)
    return endpoint
