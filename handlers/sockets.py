"""Sockets: connecting, asking, leaving. Whatever goes wrong, every event gets its answer."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from handlers.errors import ack_error
from handlers.events import Ask, Event
from handlers.payloads.account import ConnectAuth
from handlers.reading import read
from handlers.resume import Arrival
from handlers.socket_events import events
from ivorycart.command_metrics import UNKNOWN, CommandMetrics
from ivorycart.connections import Connection
from ivorycart.engine import RefusedAtDoor, SocketServer, TurnedAway
from ivorycart.refusals import AnsweredRefusals
from ivorycart.shop import Shop
from ivorycart.throttle import Throttle
from ivorycart.tracing import NO_TRACES, Traces
from models.errors import Forbidden, Internal, NotAuthenticated, NotFound, RateLimited, Refused, StorageUnavailable
from models.roles import may

log = structlog.get_logger(__name__)


TOO_MANY = RateLimited("too many events; slow down", retry_after=1)
CONFLATED = frozenset(("stock", "product"))  # a client that lags gets a snapshot instead of these, once it has drained


class Outlet:
    """Sends events through the socket server."""

    def __init__(self, server: SocketServer) -> None:
        self._server = server

    async def send(self, event: str, payload: Mapping[str, Any], *, to: str) -> None:
        """Send to one socket."""
        await self._server.broadcast(event, payload, room=to, conflated=event in CONFLATED)

    async def broadcast(self, event: str, payload: Mapping[str, Any], *, room: str) -> None:
        """Send the same to every socket of a room."""
        await self._server.broadcast(event, payload, room=room, conflated=event in CONFLATED)

    async def join(self, sid: str, room: str) -> None:
        """Put a socket into a room."""
        await self._server.enter_room(sid, room)

    async def leave(self, sid: str, room: str) -> None:
        """Take a socket out of a room."""
        await self._server.leave_room(sid, room)


class Sockets:
    """Connects a socket server to a shop."""

    def __init__(
        self,
        server: SocketServer,
        shop: Shop,
        outlet: Outlet,
        refusals: AnsweredRefusals | None = None,
        *,
        commands: CommandMetrics | None = None,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._server = server
        self._refusals = refusals or AnsweredRefusals()
        self._commands = commands or CommandMetrics(CollectorRegistry())
        self._traces = traces
        self._shop = shop
        self._outlet = outlet
        self._throttles: dict[str, Throttle] = {}
        self.stopping = False  # set by whoever stops the server: from then on nobody is let in
        server.on("connect", self._connect)
        server.on("disconnect", self._disconnect)
        for event in events.table.values():
            server.on(event.name, self._handler_of(event))
        server.on("*", self._unknown)
        server.on_drained = self._catch_up
        server.on_event = self._throttle

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
        """Let a socket in and tell it where it stands; no query is needed for that."""
        if self.stopping:
            refusal = StorageUnavailable("the server is stopping; come back in a moment")
            raise RefusedAtDoor(refusal.message, self._refused(refusal)["error"])
        try:
            wants = read(ConnectAuth, auth if auth is not None else {})
            user = self._shop.identity.of(wants.token) if wants.token else None
        except Refused as refusal:
            raise RefusedAtDoor(refusal.message, self._refused(refusal)["error"]) from refusal
        watch = None if wants.watch is None else frozenset(wants.watch)
        session, address = wants.session or secrets.token_urlsafe(24), environ["REMOTE_ADDR"] or "unknown"
        connection = Connection(sid, session, user, frozenset(), address)
        self._throttles[sid] = Throttle()
        self._shop.connections.add(connection)
        try:
            resumed = await Arrival(self._shop, self._outlet, connection, watch).tell(wants.since)
            self._shop.telling.reminding.remind(connection)
            if wants.session:
                self._shop.bringing.note(connection)
            self._commands.arrival(("resumed" if resumed else "snapshot") if wants.since else "new")
        except BaseException:  # it never was in, so nobody will tell of its leaving
            await self._disconnect(sid, "failed to connect")
            raise

    async def _disconnect(self, sid: str, _reason: str) -> None:
        self._throttles.pop(sid, None)
        self._shop.telling.reminding.forget(sid)
        self._shop.bringing.forget(sid)
        self._shop.connections.remove(sid)

    async def _catch_up(self, sid: str) -> None:
        """Tell a socket that was left out where stock stands now."""
        await self._shop.broadcaster.send_snapshot(sid)

    def _handler_of(self, event: Event) -> Any:
        async def handle(sid: str, *arguments: Any) -> dict[str, Any]:
            # Each event has a task, and so a context, of its own: there is nothing to unbind.
            structlog.contextvars.bind_contextvars(event_name=event.name, event_id=secrets.token_hex(4))
            began = time.perf_counter()
            with self._traces.span(f"event {event.name}"):
                answer = await self._handled(sid, event, arguments)
            code = None if answer["ok"] else answer["error"]["code"]
            self._commands.event(event.name, code, time.perf_counter() - began)
            return answer

        return handle

    async def _handled(self, sid: str, event: Event, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """Return the ack of an event, whatever comes of it."""
        try:
            return {"ok": True, **await self._answer(sid, event, arguments)}
        except Refused as refusal:
            return self._refused(refusal)
        except self._shop.storage_errors as error:
            log.warning("event.storage_unavailable", reason=str(error)[:200])
            return self._refused(StorageUnavailable("the database cannot be reached"))
        except Exception:
            log.exception("event.failed")
            return self._refused(Internal("this could not be handled"))

    async def _unknown(self, _name: str, _sid: str, *_arguments: Any) -> dict[str, Any]:
        """Answer an event that nobody handles."""
        answer = self._refused(NotFound("there is no such event"))
        self._commands.event(UNKNOWN, answer["error"]["code"], 0.0)
        return answer

    async def _answer(self, sid: str, event: Event, arguments: tuple[Any, ...]) -> dict[str, Any]:
        connection = self._present(sid)
        if not may(connection.user.role if connection.user else None, event.needs):
            raise NotAuthenticated("sign in first") if connection.user is None else Forbidden("not for your role")
        payload = arguments[0] if arguments and arguments[0] is not None else {}
        return await event.handler(Ask(self._shop, connection, read(event.body, payload)))

    def _refused(self, refusal: Refused) -> dict[str, Any]:
        """Count a refusal, and return it as an ack."""
        self._refusals.count(refusal.code)
        return ack_error(refusal)

    def _throttle(self, sid: str) -> TurnedAway | None:
        """Count an event, known or not, as it arrives; turn it away beyond the limit, in the end with its sender."""
        throttle = self._throttles.get(sid)
        if throttle is None or throttle.allows(time.monotonic()):
            return None
        return TurnedAway(self._refused(TOO_MANY)["error"], ends=throttle.exhausted)

    def _present(self, sid: str) -> Connection:
        """Return the connection as it is now: a token that has run out makes its socket anonymous."""
        connection = self._shop.connections.get(sid)
        if connection is None:
            raise NotAuthenticated("the socket has gone")
        if connection.user and connection.user.expires_at <= time.time():
            connection = self._shop.connections.change(sid, user=None) or connection
        return connection
