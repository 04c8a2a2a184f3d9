"""What no route ever sees: requests that cannot be read as HTTP, and connections for which there is no room.

The former are answered and logged like other refusals, the latter are closed: see `ivorycart/open_files.py`.

aiohttp answers them itself, in plain text that repeats what was sent, and logs a traceback for each. There is no
public way to say it otherwise: the inner names used here are checked at the start, with those of the engine.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from handlers.errors import Malformed, problem
from ivorycart import open_files

log = structlog.get_logger(__name__)


class FrontDoor(web.AppRunner):
    """Runs an application like its base class, with problem documents for what cannot be read."""

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        return _Server(server.request_handler, request_factory=server.request_factory, **server._kwargs)  # noqa: SLF001


class _Server(web.Server):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = open_files.Room(open_files.limit())

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Protocol(web.RequestHandler):
    __slots__ = ("_room",)

    def __init__(self, manager: _Server, **kwargs: Any) -> None:
        super().__init__(manager, **kwargs)
        self._room = manager.room

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection in, or end it at once where there is no room."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if self.transport and connection and not self._room.has(connection.fileno()):
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be read, and close; errors of ours go the way of the base class."""
        gone = isinstance(exc, ConnectionError)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not gone:
            return super().handle_error(request, status, exc, message)
        log.info("request.gone" if gone else "request.unreadable", peer=request.remote, reason=type(exc).__name__)
        if request.writer.output_size > 0:  # the answer has begun: nothing more can be said
            raise ConnectionError("the answer was cut off") from exc
        response = problem(Malformed("this cannot be read as a request"))
        response.force_close()
        return response

    def log_exception(self, *args: Any, **details: Any) -> None:
        """Log a failure in full, unless it is only that the rest of a refused body cannot be read either."""
        cause = details.get("exc_info")
        if isinstance(cause, web.RequestPayloadError):
            log.info("request.unreadable", reason=type(cause).__name__)
        else:
            super().log_exception(*args, **details)
