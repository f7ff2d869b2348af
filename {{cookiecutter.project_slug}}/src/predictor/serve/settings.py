"""What the environment tells the service, and the limits that keep it standing."""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt

from predictor.documents import Document, parse

PREFIX = "PREDICTOR_"
HASHED = "sha256:"
OTHERS = ("PREDICTOR_PROJECT",)  # read by other parts of the package

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Origin = Annotated[str, Field(pattern=r"^https?://[^/]+$")]


class Settings(Document):
    """How the service behaves; sizes in bytes, times in seconds."""

    api_keys: tuple[Digest, ...] = ()  # SHA-256 of each key; none: everybody may ask
    cors_origins: tuple[Origin, ...] = ()  # none: no page of another origin may ask
    source: str | None = None
    cache: Path | None = None
    feedback: Path | None = None
    row_bytes: PositiveInt = 1_000_000
    batch_bytes: PositiveInt = 10_000_000
    batch_rows: PositiveInt = 10_000
    in_flight: PositiveInt = 256  # requests at a time, beyond that 503
    batches: PositiveInt = 4  # bodies of `batch_bytes` at a time, beyond that 503
    answer_seconds: PositiveFloat = 30
    poll_seconds: PositiveFloat = 1

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read `PREDICTOR_API_KEYS`, `PREDICTOR_CORS_ORIGINS` and the like.

        Raises:
            PredictorError: a variable has a value that it cannot have, or a name that none has.
        """
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(PREFIX) and name not in OTHERS and value
        }
        listed = {
            name: _listed(given[name]) for name in ("api_keys", "cors_origins") if name in given
        }
        if "api_keys" in listed:
            listed["api_keys"] = [_stored(key) for key in listed["api_keys"]]
        return parse(cls, given | listed, "environment (PREDICTOR_...)")

    def storing_in(self, feedback: Path) -> "Settings":
        """Return the same settings, with a place for labels unless the environment named one."""
        return self if self.feedback else self.model_copy(update={"feedback": feedback})


def digest(key: str) -> Digest:
    """Return the SHA-256 of a key, in hex."""
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _stored(key: str) -> Digest:
    """Return the digest of a key that the environment holds as it is, or as `sha256:<hex>`."""
    return key.removeprefix(HASHED) if key.startswith(HASHED) else digest(key)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
