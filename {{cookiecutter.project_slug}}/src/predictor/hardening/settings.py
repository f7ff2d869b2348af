"""What the environment tells the service: `PREDICTOR_API_KEYS`, `PREDICTOR_PLACES` and the like."""

from typing import Annotated

from pydantic import PositiveFloat, PositiveInt, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode

from predictor.errors import PredictorError


class Settings(BaseSettings, env_prefix="PREDICTOR_", frozen=True, validate_default=False):
    """Limits of the service."""

    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()  # by commas; without any it is open
    places: PositiveInt = 64  # requests that are worked on at a time
    deadline: PositiveFloat = 30  # seconds for a request, its body included

    @field_validator("api_keys", mode="before")
    @classmethod
    def split(cls, text: str) -> list[str]:
        """Return the keys; a comma too many is an error, because an empty key lets everybody in."""
        keys = [key.strip() for key in text.split(",")]
        if not all(keys):
            raise ValueError("a key is empty")
        return keys

    @classmethod
    def read(cls) -> "Settings":
        """Read the environment, or raise PredictorError with what is wrong in it."""
        try:
            return cls()
        except ValidationError as error:
            found = [(str(each["loc"][0]).upper(), each["msg"]) for each in error.errors()]
            sentences = [f"PREDICTOR_{name}: {message}" for name, message in found]
            raise PredictorError("; ".join(sentences)) from error
