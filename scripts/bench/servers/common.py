"""What the yardsticks share with the service: the request body, and the fields of the answer."""

import json
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from predictor.bundle import Bundle
from predictor.serve.schema import row_model
from pydantic import BaseModel, ConfigDict, create_model


class _Answer(BaseModel):
    model_config = ConfigDict(protected_namespaces=())


def champion(project: Path) -> Bundle:
    """Load the bundle that the service answers with."""
    pointer = json.loads((project / "models" / "champion.json").read_text(encoding="utf-8"))
    return Bundle.load(project / "models" / "releases" / pointer["version"])


def row_of(bundle: Bundle) -> type[BaseModel]:
    """Return the very model of a row that the service validates with."""
    return row_model(bundle.contract, bundle.statistics.typical())


def answer_like(path: Path) -> tuple[type[BaseModel], dict[str, Any]]:
    """Return a model with the fields of the service's own answer, and that answer."""
    content = json.loads(path.read_text(encoding="utf-8"))
    fields: dict[str, Any] = {name: (type(value), ...) for name, value in content.items()}
    model: type[BaseModel] = create_model("Answer", __base__=_Answer, **fields)
    return model, content


def run(app: FastAPI, port: int) -> None:
    """Serve as the service is served: one worker, uvicorn's choice of loop, no access log."""

    @app.get("/health/ready")
    async def ready() -> None: ...

    uvicorn.run(app, port=port, lifespan="off", log_config=None, access_log=False)
