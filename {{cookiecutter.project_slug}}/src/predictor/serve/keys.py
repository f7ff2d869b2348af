"""Who may ask: callers with one of the keys in `PREDICTOR_API_KEYS`, or everybody without any."""

from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Annotated

from fastapi import Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from predictor.serve.settings import Digest, digest

HEADER = APIKeyHeader(name="X-API-Key", auto_error=False)
BEARER = HTTPBearer(auto_error=False)


def require_one_of(digests: tuple[Digest, ...]) -> Callable[..., Awaitable[None]]:
    """Return the dependency of a route that only callers with a key may use."""

    async def require_key(
        key: Annotated[str | None, Security(HEADER)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> None:
        given = key or (bearer.credentials if bearer else None)
        if given is None:
            raise _refused("This service needs a key: send it as X-API-Key.")
        if not _is_known(digest(given), digests):
            raise _refused("This key is not one of those that the service knows.")

    return require_key


def _is_known(given: str, digests: tuple[Digest, ...]) -> bool:
    return any(compare_digest(given, known) for known in digests)


def _refused(sentence: str) -> HTTPException:
    return HTTPException(401, sentence, {"WWW-Authenticate": "ApiKey, Bearer"})
