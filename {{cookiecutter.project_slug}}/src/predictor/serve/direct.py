"""A route without FastAPI's machinery, where that takes longer than the answer."""

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send


class Direct(APIRoute):
    """Documented like any route, called like none: `endpoint(request) -> response`, `async`.

    FastAPI opens two exit stacks and solves the dependencies of every request, a third of the time
    of an answer. Where a route has dependencies (API keys), all is as usual.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; errors go to the handlers of the application."""
        if self.dependencies or scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)
