"""A Socket.IO server that a hostile client cannot surprise, on python-socketio's public interface.

Applications register handlers with `on` and use `emit`, `call`, rooms and sessions as python-socketio documents them.
What differs: only the namespace `/`, only websockets, one CONNECT per connection, events of one socket start in order
and a bounded number runs at once, and every event is answered (see `SocketServer`).

Concurrency: one connection's rules are in `connection.py`; this class has no task of its own. Shutdown: `shutdown`
ends every connection within a bound; `attach` registers it with the application.
"""

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import socketio
from aiohttp import WSCloseCode, web
from socketio.exceptions import ConnectionRefusedError as Refused

from ivorycart.engine import wire
from ivorycart.engine.answering import Answering, Error, ack_data, call, unknown_event
from ivorycart.engine.connection import Connection
from ivorycart.engine.engineio_server import EngineServer
from ivorycart.engine.limits import Limits
from ivorycart.engine.names import verify_inner_names
from ivorycart.engine.origin import OriginPolicy
from ivorycart.engine.refusal import Ending, Malformed, Refusal
from ivorycart.engine.upgrade import kept_environ

_ROOT = "/"
_BYE = Ending(WSCloseCode.OK, "server disconnect")


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]  # python-socketio has no types
    """Socket.IO for one aiohttp application, by websocket only.

    `allow_origin(origin, host)` decides before the upgrade (see `origin_policy`). `on_unknown(event, wants_ack)`
    returns the error for an event without a handler; a handler registered for `*` takes such events instead. Timeouts
    and bounds are in `Limits`.

    Answers: a handler's return value is the ack. When the client asked for none and the handler returned
    `{"ok": False, "error": {...}}`, the error goes out as an `error` event. A handler that raises is logged and
    answered with code `internal`; one that does not take so many arguments is not called: code `validation`.

    `refusals` counts what clients did wrong, by `Refusal`; nothing of it is logged.
    """

    def __init__(
        self,
        *,
        allow_origin: OriginPolicy,
        on_unknown: Callable[[str, bool], Error] = unknown_event,
        limits: Limits | None = None,
        client_manager: Any = None,
    ) -> None:
        verify_inner_names()
        self._allow_origin = allow_origin
        self._limits = limits or Limits()
        self.log = logging.getLogger("ivorycart.engine")
        self._answering = Answering(on_unknown, self.log)
        # the library logs whole packets at INFO, tokens included
        library_log = self.log.getChild("library")
        library_log.setLevel(logging.ERROR)
        super().__init__(
            client_manager=client_manager,
            serializer=wire.WirePacket,
            logger=library_log,
            engineio_logger=library_log,
        )

    @property
    def refusals(self) -> Counter[Refusal]:
        """How often clients were refused, by what they did."""
        counter: Counter[Refusal] = self.eio.refusals
        return counter

    def attach(self, app: web.Application, socketio_path: str = "socket.io") -> None:
        """Serve `/<socketio_path>/` in the application, and end all sockets when it shuts down."""
        app.router.add_route("*", f"/{socketio_path.strip('/')}/", self.eio.handle_request)
        app.on_shutdown.append(self._on_app_shutdown)

    def on(
        self, event: str, handler: Callable[..., Any] | None = None, namespace: str | None = None
    ) -> Callable[..., Any] | None:
        """Register an event handler, as python-socketio does; ValueError for a namespace that nobody can reach."""
        if namespace not in {None, _ROOT}:
            raise ValueError("only the namespace / is served")
        decorator: Callable[..., Any] | None = super().on(event, handler)
        return decorator

    def register_namespace(self, namespace_handler: Any) -> None:
        """Refuse class-based namespaces: events are found among the handlers registered by `on` alone."""
        raise NotImplementedError(f"register handlers with `on`, not {type(namespace_handler).__name__}")

    async def disconnect(self, sid: str, namespace: str | None = None, ignore_queue: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - python-socketio's signature
        """Tell the client that it is disconnected (it will not come back by itself) and close its connection."""
        connection = self._connection_of(sid)
        if connection is not None and self.manager.is_connected(sid, _ROOT):
            await self._send_packet(connection.sid, wire.WirePacket(wire.DISCONNECT))
            connection.end(_BYE)
            await self._leave(sid, _BYE.reason)

    async def shutdown(self, reason: str = "server shutting down", within: float = 5.0) -> None:
        """End every connection with `reason` for its `disconnect` handler; new ones get 503.

        Clients see a closed transport and reconnect by themselves. After `within` seconds connections are dropped and
        running handlers cancelled.
        """
        await self.eio.drain(reason, within)

    def _engineio_server_class(self) -> Callable[..., EngineServer]:
        return partial(EngineServer, limits=self._limits, allow_origin=self._allow_origin, failed=self._log_failure)

    async def _handle_eio_message(self, eio_sid: str, data: str) -> None:
        """Take one packet's text; raises Malformed or Forbidden."""
        packet, connection = wire.decode(data), self.eio.sockets[eio_sid]
        if packet.namespace != _ROOT:
            await self._refuse_namespace(connection, packet)
        elif packet.kind == wire.CONNECT and not connection.connect_seen:
            connection.hold()
            self._queue(connection, partial(self._join, connection, packet.data), alone=True)
        elif packet.kind == wire.CONNECT or not connection.connect_seen:
            raise Malformed("a second CONNECT, or none before this")
        elif packet.kind == wire.EVENT:
            self._queue(connection, partial(self._run_event, connection, packet))
        elif packet.kind == wire.ACK:
            await self._take_ack(connection, packet)
        else:
            connection.end(Ending(WSCloseCode.OK, self.reason.CLIENT_DISCONNECT))

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, _ROOT)
        if sid is not None:
            await self._leave(sid, reason)
        self.environ.pop(eio_sid, None)

    @staticmethod
    def _queue(connection: Connection, job: Any, *, alone: bool = False) -> None:
        if not connection.lane.submit(job, alone=alone):
            connection.refuse(Refusal.EVENT_OVERFLOW)

    async def _refuse_namespace(self, connection: Connection, packet: wire.Packet) -> None:
        if packet.kind != wire.CONNECT:
            raise Malformed("not connected to that namespace")
        answer = wire.WirePacket(wire.CONNECT_ERROR, data={"message": "Invalid namespace"}, namespace=packet.namespace)
        await self._send_packet(connection.sid, answer)

    async def _join(self, connection: Connection, auth: dict[str, Any] | None) -> None:
        """Ask the connect handler and answer CONNECT; runs alone in the connection's lane."""
        sid = await self.manager.pre_connect(connection.sid, _ROOT)
        joined = False
        try:
            refusal = await self._ask(sid, self.environ[connection.sid], auth)
            if refusal is None:
                await self.manager.connect(sid, _ROOT)
                joined = True
        finally:
            if not joined:
                await self.manager.disconnect(sid, _ROOT, ignore_queue=True)
        if refusal is not None:
            connection.release(_frame(wire.WirePacket(wire.CONNECT_ERROR, data=refusal)), keep=False)
            connection.end(_BYE)
        elif connection.ending is not None:
            # it left while the handler ran: nobody else will say so, it was not connected yet
            await self._leave(sid, connection.ending.reason)
        else:
            self.environ[connection.sid] = kept_environ(self.environ[connection.sid])
            connection.release(_frame(wire.WirePacket(wire.CONNECT, data={"sid": sid})), keep=True)

    async def _ask(self, sid: str, environ: dict[str, Any], auth: dict[str, Any] | None) -> Any:
        """Return None when the connect handler accepts, else the data of the CONNECT_ERROR."""
        handler = self.handlers.get(_ROOT, {}).get("connect")
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

    async def _leave(self, sid: str, reason: str) -> None:
        """Run the disconnect handler, once, and forget the client whatever comes of it."""
        if not self.manager.is_connected(sid, _ROOT):
            return
        self.manager.pre_disconnect(sid, _ROOT)
        handler = self.handlers.get(_ROOT, {}).get("disconnect")
        try:
            if handler is not None:
                await call(handler, sid, reason)
        except Exception:
            self.log.exception("the disconnect handler failed")
        finally:
            await self.manager.disconnect(sid, _ROOT, ignore_queue=True)

    async def _run_event(self, connection: Connection, packet: wire.Packet) -> None:
        """Run one event's handler and answer it; runs in the connection's lane."""
        sid = self.manager.sid_from_eio_sid(connection.sid, _ROOT)
        if sid is None or not self.manager.is_connected(sid, _ROOT):
            return
        handler, args = self._get_event_handler(packet.event, _ROOT, (sid, *packet.data[1:]))
        wants_ack = packet.id is not None
        if handler is None or packet.event == "*":
            answer = self._answering.unknown(packet.event, wants_ack=wants_ack)
        else:
            answer = await self._answering.answer(packet.event, handler, args)
        if wants_ack:
            reply = wire.WirePacket(wire.ACK, id=packet.id, data=ack_data(answer))
        elif isinstance(answer, dict) and answer.get("ok") is False:
            reply = wire.WirePacket(wire.EVENT, data=["error", answer["error"]])
        else:
            return
        await self._send_packet(connection.sid, reply)

    async def _take_ack(self, connection: Connection, packet: wire.Packet) -> None:
        """Run the callback that waits for this ack; one that nobody waits for is ignored."""
        sid = self.manager.sid_from_eio_sid(connection.sid, _ROOT)
        if sid is None:
            return
        try:
            await self.manager.trigger_callback(sid, packet.id, packet.data)
        except Exception:
            self.log.exception("the callback of an ack failed")

    def _connection_of(self, sid: str) -> Connection | None:
        connection: Connection | None = self.eio.sockets.get(self.manager.eio_sid_from_sid(sid, _ROOT))
        return connection

    def _log_failure(self, error: BaseException) -> None:
        self.log.error("a socket's job failed", exc_info=error)

    async def _on_app_shutdown(self, _app: web.Application) -> None:
        await self.shutdown()


def _frame(packet: wire.WirePacket) -> bytes:
    """Return the packet as the payload of a text frame."""
    return f"{wire.ENGINE_MESSAGE}{packet.encode()}".encode()
