"""The way in and the way out of one server's clients: connect and disconnect handlers, each at most once.

Concurrency: `admit` runs alone in its connection's lane, `leave` when the connection ends; whichever comes second sees
what the first has done by the client's standing.
"""

import logging
from collections.abc import Callable
from typing import Any

from aiohttp import WSCloseCode
from socketio.exceptions import ConnectionRefusedError as Refused

from ivorycart.engine.answering import call
from ivorycart.engine.connection import Connection
from ivorycart.engine.packing import connect_frame, refusal_frame
from ivorycart.engine.refusal import Ending
from ivorycart.engine.rooms import ROOT, Rooms, Standing

BYE = Ending(WSCloseCode.OK, "server disconnect")


class Doorway:
    """Lets clients in and out; `environ` holds what a connect handler may read, by Engine.IO's sid."""

    def __init__(
        self,
        rooms: Rooms,
        environ: dict[str, Any],
        handlers: dict[str, dict[str, Callable[..., Any]]],
        log: logging.Logger,
    ) -> None:
        self._rooms = rooms
        self._environ = environ
        self._handlers = handlers
        self.log = log

    async def admit(self, connection: Connection, auth: dict[str, Any] | None) -> None:
        """Ask the connect handler and answer CONNECT; runs alone in the connection's lane."""
        sid = self._rooms.admit(connection)
        joined = False
        try:
            refusal = await self._ask(sid, self._environ[connection.sid], auth)
            if refusal is None:
                connection.standing = Standing.CONNECTED
                joined = True
        finally:
            if not joined:
                self._rooms.dismiss(connection)
        if refusal is not None:
            connection.release(refusal_frame(refusal), keep=False)
            connection.end(BYE)
        elif connection.ending is not None:
            # it left while the handler ran: nobody else will say so, it was not connected yet
            await self.leave(connection, connection.ending.reason)
        else:
            self._environ[connection.sid] = self._environ[connection.sid].kept()
            connection.release(connect_frame(sid), keep=True)

    async def _ask(self, sid: str, environ: dict[str, Any], auth: dict[str, Any] | None) -> Any:
        """Return None when the connect handler accepts, else the data of the CONNECT_ERROR."""
        handler = self._handlers.get(ROOT, {}).get("connect")
        if handler is None:
            return None
        try:
            accepted = await call(handler, sid, environ, auth)
        except Refused as refused:
            return refused.error_args
        except Exception:
            self.log.exception("the connect handler failed")
            return {"message": "Connection failed"}
        return None if accepted is not False else Refused().error_args

    async def leave(self, connection: Connection, reason: str) -> None:
        """Run the disconnect handler, once, and forget the client whatever comes of it."""
        if connection.standing != Standing.CONNECTED:
            return
        connection.standing = Standing.LEAVING
        handler = self._handlers.get(ROOT, {}).get("disconnect")
        try:
            if handler is not None:
                await call(handler, connection.client, reason)
        except Exception:
            self.log.exception("the disconnect handler failed")
        finally:
            self._rooms.dismiss(connection)
