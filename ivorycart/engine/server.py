"""A Socket.IO server that a hostile client cannot surprise, on python-socketio's public interface.

Applications register handlers with `on` and use `emit`, `call`, rooms and sessions as python-socketio documents them.
What differs: only the namespace `/`, only websockets, one CONNECT per connection, events of one socket start in order
and a bounded number runs at once, and every event is answered (see `SocketServer`).

Concurrency: one connection's rules are in `connection.py`; this class has no task of its own. Shutdown: `shutdown`
ends every connection within a bound; `attach` registers it with the application.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

import socketio
from aiohttp import WSCloseCode, web

from ivorycart.engine import wire
from ivorycart.engine.answering import Answering, TurnedAway, failure
from ivorycart.engine.connection import Connection
from ivorycart.engine.doorway import BYE, Doorway
from ivorycart.engine.engineio_server import EngineServer
from ivorycart.engine.fanout import Fanout
from ivorycart.engine.limits import Limits
from ivorycart.engine.names import verify_inner_names
from ivorycart.engine.origin import OriginPolicy
from ivorycart.engine.packing import DISCONNECT, ack_frame, event_frame, refusal_frame
from ivorycart.engine.refusal import Ending, Malformed, Refusal
from ivorycart.engine.rooms import ROOT, Rooms, Standing
from ivorycart.engine.upgrade import ConnectEnviron

_ANY = "*"
_LEFT_BEHIND = Ending(WSCloseCode.TRY_AGAIN_LATER, "left behind")


class Backlog(NamedTuple):
    """What waits for clients: bytes in this process, and how many of them take up less than comes."""

    unsent_bytes: int
    lagging: int


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]  # python-socketio has no types
    """Socket.IO for one aiohttp application, by websocket only.

    `allow_origin(origin, host)` decides before the upgrade (see `origin_policy`). Timeouts and bounds are in `Limits`.

    Answers: a handler's return value is the ack. When the client asked for none and the handler returned
    `{"ok": False, "error": {...}}`, the error goes out as an `error` event. A handler that raises is logged and
    answered with code `internal`; one that does not take so many arguments is not called: code `validation`. An event
    without a handler is `not_found`, unless one is registered for `*`: it gets the event's name first.

    `on_event(sid)` is asked as each event of a client that is in arrives, before anything is kept of it; it answers
    `TurnedAway`, with which the event is answered at once, or None.

    `on_drained(sid)` is awaited when a client that was left out of conflated broadcasts can take more: it has to tell
    that client where things stand now. Until it returns the client stays left out; if there was anything meanwhile, it
    is asked again; if it raises, the client is closed and comes back.

    `refusals` counts what clients did wrong, by `Refusal`; nothing of it is logged.
    """

    def __init__(
        self,
        *,
        allow_origin: OriginPolicy,
        limits: Limits | None = None,
    ) -> None:
        verify_inner_names()
        self.on_drained: Callable[[str], Awaitable[None]] | None = None
        self.on_event: Callable[[str], TurnedAway | None] | None = None
        self._rooms = Rooms()
        self._allow_origin = allow_origin
        self._limits = limits or Limits()
        self.log = logging.getLogger("ivorycart.engine")
        self._answering = Answering(self.log)
        # the library logs whole packets at INFO, tokens included
        library_log = self.log.getChild("library")
        library_log.setLevel(logging.ERROR)
        super().__init__(
            client_manager=self._rooms,
            serializer=wire.WirePacket,
            logger=library_log,
            engineio_logger=library_log,
        )
        self._doorway = Doorway(self._rooms, self.environ, self.handlers, self.log)

    @property
    def refusals(self) -> Counter[Refusal]:
        """How often clients were refused, by what they did."""
        counter: Counter[Refusal] = self.eio.refusals
        return counter

    @property
    def fanout(self) -> Fanout:
        """What writes broadcasts, and how much it did."""
        return self._rooms.fanout

    def backlog(self) -> Backlog:
        """Return what waits for clients now; this looks at each connection, so it is for those who ask seldom."""
        unsent = lagging = 0
        for connection in self._rooms.members.values():
            unsent += connection.unsent
            lagging += connection.lags
        return Backlog(unsent, lagging)

    def attach(self, app: web.Application, socketio_path: str = "socket.io") -> None:
        """Serve `/<socketio_path>/` in the application, and end all sockets when it shuts down."""
        app.router.add_route("*", f"/{socketio_path.strip('/')}/", self.eio.handle_request)
        app.on_shutdown.append(self._on_app_shutdown)

    def on(
        self, event: str, handler: Callable[..., Any] | None = None, namespace: str | None = None
    ) -> Callable[..., Any] | None:
        """Register an event handler, as python-socketio does; ValueError for a namespace that nobody can reach."""
        if namespace not in {None, ROOT}:
            raise ValueError("only the namespace / is served")
        decorator: Callable[..., Any] | None = super().on(event, handler)
        return decorator

    def register_namespace(self, namespace_handler: Any) -> None:
        """Refuse class-based namespaces: events are found among the handlers registered by `on` alone."""
        raise NotImplementedError(f"register handlers with `on`, not {type(namespace_handler).__name__}")

    async def disconnect(self, sid: str, namespace: str | None = None, ignore_queue: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - python-socketio's signature
        """Tell the client that it is disconnected (it will not come back by itself) and close its connection."""
        connection = self._connection_of(sid)
        if connection is not None and connection.standing == Standing.CONNECTED:
            connection.write(DISCONNECT)
            connection.end(BYE)
            await self._doorway.leave(connection, BYE.reason)

    async def shutdown(self, reason: str = "server shutting down", within: float = 5.0) -> None:
        """End every connection with `reason` for its `disconnect` handler; new ones get 503.

        Clients see a closed transport and reconnect by themselves. After `within` seconds connections are dropped and
        running handlers cancelled.
        """
        await self.eio.drain(reason, within)

    async def broadcast(self, event: str, data: Any = None, *, room: Any = None, conflated: bool = False) -> None:
        """Send the same frame to a client, a room or (None) all, as `emit` does.

        `conflated`: a later event of this kind makes this one needless, so it is left out for clients that lag; once
        such a client has drained, `on_drained` is asked to catch it up.
        """
        receivers = self._rooms.connections_in(room)
        if receivers:
            await self._rooms.fanout.send(receivers, event_frame(event, data), room, conflated=conflated)

    def _engineio_server_class(self) -> Callable[..., EngineServer]:
        return partial(
            EngineServer,
            limits=self._limits,
            allow_origin=self._allow_origin,
            guests=self,
            fanout=self._rooms.fanout,
            log=self.log,
        )

    # --- what the Engine.IO server calls (`Guests`)

    def opened(self, connection: Connection, environ: ConnectEnviron) -> None:
        """Keep what the connect handler may read."""
        self.environ[connection.sid] = environ

    def take(self, connection: Connection, text: str) -> None:
        """Take one packet's text; raises Malformed or Forbidden."""
        packet = wire.decode(text)
        if packet.namespace != ROOT:
            self._refuse_namespace(connection, packet)
        elif packet.kind == wire.CONNECT and not connection.connect_seen:
            connection.hold()
            self._queue(connection, partial(self._doorway.admit, connection, packet.data), alone=True)
        elif packet.kind == wire.CONNECT or not connection.connect_seen:
            raise Malformed("a second CONNECT, or none before this")
        elif packet.kind == wire.EVENT:
            self._take_event(connection, packet)
        elif packet.kind == wire.ACK:
            if connection.client is not None and connection.callbacks and packet.id in connection.callbacks:
                self.eio.start_job(self._take_ack(connection.client, packet))
        else:
            connection.end(Ending(WSCloseCode.OK, self.reason.CLIENT_DISCONNECT))

    def _take_event(self, connection: Connection, packet: wire.Packet) -> None:
        """Put an event in line, or refuse it at once: one that comes too often must not wait before it hears so."""
        sid = connection.client
        refused = self.on_event(sid) if self.on_event is not None and sid is not None else None
        if refused is None:
            self._queue(connection, partial(self._run_event, connection, packet))
            return
        self._tell(connection, packet, failure(refused.error))
        if refused.ends:
            connection.refuse(Refusal.EVENT_OVERFLOW)

    async def left(self, connection: Connection, reason: str) -> None:
        """Run the disconnect handler of a client that is in."""
        try:
            await self._doorway.leave(connection, reason)
        finally:
            self.environ.pop(connection.sid, None)

    def drained(self, connection: Connection) -> None:
        """Have the application catch up a client that was left out; one that cannot be, has to come again."""
        self._queue(connection, partial(self._catch_up, connection))

    @staticmethod
    def _queue(connection: Connection, job: Any, *, alone: bool = False) -> None:
        if not connection.submit(job, alone=alone):
            connection.refuse(Refusal.EVENT_OVERFLOW)

    async def _catch_up(self, connection: Connection) -> None:
        async def tell() -> None:
            if self.on_drained is not None and connection.client is not None:
                await self.on_drained(connection.client)

        try:
            await connection.catch_up(tell)
        except Exception:
            self.log.exception("a client that had lagged could not be caught up")
            connection.end(_LEFT_BEHIND)

    @staticmethod
    def _refuse_namespace(connection: Connection, packet: wire.Packet) -> None:
        if packet.kind != wire.CONNECT:
            raise Malformed("not connected to that namespace")
        connection.write(refusal_frame({"message": "Invalid namespace"}, packet.namespace))

    async def _run_event(self, connection: Connection, packet: wire.Packet) -> None:
        """Run one event's handler and answer it; runs in the connection's lane."""
        if connection.standing != Standing.CONNECTED:
            return
        event, args = packet.event, (connection.client, *packet.data[1:])
        handlers = self.handlers.get(ROOT, {})
        handler = None if event == _ANY else handlers.get(event)
        if handler is None and _ANY in handlers:
            handler, args = handlers[_ANY], (event, *args)
        if handler is None:
            answer = self._answering.unknown()
        else:
            answer = await self._answering.answer(event, handler, args)
        self._tell(connection, packet, answer)

    @staticmethod
    def _tell(connection: Connection, packet: wire.Packet, answer: Any) -> None:
        if packet.id is not None:
            connection.write(ack_frame(packet.id, answer))
        elif isinstance(answer, dict) and answer.get("ok") is False:
            connection.write(event_frame("error", answer["error"]))

    async def _take_ack(self, sid: str, packet: wire.Packet) -> None:
        """Run the callback that waits for this ack."""
        try:
            await self.manager.trigger_callback(sid, packet.id, packet.data)
        except Exception:
            self.log.exception("the callback of an ack failed")

    def _connection_of(self, sid: str) -> Connection | None:
        return self._rooms.connection_of(sid)

    async def _on_app_shutdown(self, _app: web.Application) -> None:
        await self.shutdown()
