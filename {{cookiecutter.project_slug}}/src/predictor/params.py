"""`params.yaml`: all parameters, one section for each stage (two are in `split.py`)."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, PositiveFloat, PositiveInt, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from predictor.errors import PredictorError, did_you_mean
from predictor.paths import PARAMS

Share = Annotated[float, Field(gt=0, lt=1)]


class Train(BaseModel, frozen=True, extra="forbid"):
    """Which model is fitted; `models` holds the arguments of each."""

    model: str
    seed: int
    threads: PositiveInt
    models: dict[str, dict[str, bool | int | float | str | None]]


class Evaluate(BaseModel, frozen=True, extra="forbid"):
    """How differences are tested, how much two runs may differ, and what is a slice."""

    confidence: Share
    resamples: PositiveInt
    tolerance: PositiveFloat
    slice_rows: PositiveInt


S = TypeVar("S", bound=BaseModel)


def read(model: type[S]) -> S:
    """Read the section with the name of the class in lower case."""
    try:
        content = YAML(typ="safe").load(PARAMS) or {}
    except FileNotFoundError as error:
        raise PredictorError(f"No {PARAMS} here: run this in the project's folder.") from error
    except (OSError, ValueError, YAMLError) as error:
        raise PredictorError(f"{PARAMS} cannot be read: {error}") from error
    section = model.__name__.lower()
    if section not in content:
        raise PredictorError(f"{PARAMS} has no section {section!r}{did_you_mean(section, content)}")
    try:
        return model.model_validate(content[section])
    except ValidationError as error:
        found = [_sentence(model, section, each) for each in error.errors()]
        raise PredictorError("\n".join(found)) from error


def _sentence(model: Any, section: str, error: Any) -> str:  # noqa: ANN401 (classes of pydantic)
    place = ".".join([section, *map(str, error["loc"])])
    if error["type"] == "extra_forbidden":
        hint = did_you_mean(str(error["loc"][-1]), model.model_fields)
        return f"{PARAMS}: {place}: no such parameter{hint}"
    return f"{PARAMS}: {place}: {error['msg']}, got {error['input']!r}."
