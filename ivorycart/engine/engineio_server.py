"""Engine.IO's server with our connection in the place of its own: websocket only, checked before the upgrade.

Concurrency: no task of its own. One task per connection that is ending sees it off (the disconnect handler, the
closing handshake, what handlers still run) and is owned by `_jobs`. Shutdown: `drain`.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, Protocol

import engineio
from aiohttp import WSCloseCode, web

from ivorycart.engine.connection import Connection
from ivorycart.engine.fanout import Fanout
from ivorycart.engine.limits import Limits
from ivorycart.engine.origin import OriginPolicy
from ivorycart.engine.packing import message_frame, open_frame
from ivorycart.engine.refusal import Ending, Refusal
from ivorycart.engine.upgrade import ConnectEnviron, Upgraded, UpgradeRefused, check_upgrade, take_over
from ivorycart.engine.wheel import Wheel

_GOLDEN = 0.618034  # multiples of it, without their whole part, fill 0..1 evenly


class Guests(Protocol):
    """Socket.IO's side of a connection."""

    def opened(self, connection: Connection, environ: ConnectEnviron) -> None:
        """Hear of a new connection."""

    def take(self, connection: Connection, text: str) -> None:
        """Take a Socket.IO packet's text; raises Malformed or Forbidden."""

    async def left(self, connection: Connection, reason: str) -> None:
        """Hear, once, that a connection has ended, while its session can still be read."""

    def drained(self, connection: Connection) -> None:
        """Have the application catch up a connection that was left out."""


class EngineServer(engineio.AsyncServer):  # type: ignore[misc]  # python-engineio has no types
    """Accepts websockets; `sockets` maps Engine.IO's sid to its Connection. It is their `Hub`."""

    sockets: dict[str, Connection]

    def __init__(
        self,
        *,
        limits: Limits,
        allow_origin: OriginPolicy,
        guests: Guests,
        fanout: Fanout,
        log: logging.Logger,
        **options: Any,
    ) -> None:
        super().__init__(
            async_mode="aiohttp",
            transports=["websocket"],
            allow_upgrades=False,
            cors_allowed_origins=[],  # its check trusts forwarded headers; ours stands before it
            monitor_clients=False,  # the wheel watches all heartbeats
            max_http_buffer_size=limits.max_message,
            ping_interval=limits.ping_interval,
            ping_timeout=limits.ping_timeout,
            **options,
        )
        self.refusals: Counter[Refusal] = Counter()
        self.limits = limits
        self.wheel = Wheel()
        self.safe_size = fanout.safe_size = limits.max_unsent - limits.lagging_from
        self.overdue = fanout.overdue
        self.take = guests.take
        self.drained = guests.drained
        self._guests = guests
        self._fanout = fanout
        self._allow_origin = allow_origin
        self._log = log
        self._phase = 0.0
        self._is_draining = False
        self._all_gone = asyncio.Event()
        self._jobs: set[asyncio.Task[None]] = set()

    @property
    def broadcast_under_way(self) -> bool:
        """Whether some have a broadcast's frame already and others not yet."""
        return self._fanout.under_way

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Make a websocket of the request, or answer with a problem document."""
        try:
            head = self._check(request)
        except UpgradeRefused as refused:
            self.count(refused.refusal)
            return refused.response()
        sid = self.generate_id()
        connection = Connection(sid, self)
        transport, early = take_over(request, connection)
        transport.write(head + self._open_frame(sid))
        self.sockets[sid] = connection
        self._all_gone.clear()
        self._guests.opened(connection, ConnectEnviron(request))
        connection.start(transport, self._first_beat())
        if early:
            connection.data_received(early)
        return Upgraded()

    async def send_packet(self, sid: str, pkt: Any) -> None:
        """Send an Engine.IO packet; one for a connection that is gone is dropped."""
        connection = self.sockets.get(sid)
        if connection is not None:
            connection.write(message_frame(pkt.encode()))

    async def drain(self, reason: str, within: float) -> None:
        """Refuse new sockets and end all that are open; after `within` seconds without asking."""
        self._is_draining = True
        for connection in list(self.sockets.values()):
            connection.end(Ending(WSCloseCode.GOING_AWAY, reason))
        if not await self._is_empty(within):
            for connection in list(self.sockets.values()):
                connection.abort()
            await self._is_empty(self.limits.close_timeout)
        for job in self._jobs:
            job.cancel()
        if self._jobs:
            await asyncio.wait(self._jobs)

    def count(self, refusal: Refusal) -> None:
        """Count what a client did wrong."""
        self.refusals[refusal] += 1

    def job_failed(self, error: BaseException) -> None:
        """Log what a job let through."""
        self._log.error("a socket's job failed", exc_info=error)

    def see_off(self, connection: Connection) -> None:
        """Start what is to be done for a connection that is ending."""
        self.start_job(self._see_off(connection))

    def start_job(self, job: Coroutine[Any, Any, None]) -> None:
        """Run a job that belongs to no lane; failures are logged, `drain` ends it."""
        task = asyncio.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._job_done)

    def _job_done(self, task: asyncio.Task[None]) -> None:
        self._jobs.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.job_failed(error)

    async def _see_off(self, connection: Connection) -> None:
        ending = connection.ending
        try:
            await self._guests.left(connection, "" if ending is None else ending.reason)
            await connection.gone()
            connection.closed = True
            settling = connection.settle()
            if settling is not None:
                await settling
        finally:
            connection.closed = True
            connection.abort()
            self.sockets.pop(connection.sid, None)
            if not self.sockets:
                self._all_gone.set()

    def _check(self, request: web.Request) -> bytes:
        if self._is_draining:
            raise UpgradeRefused(
                Refusal.DRAINING, HTTPStatus.SERVICE_UNAVAILABLE, "The server is going away; try again."
            )
        return check_upgrade(request, self._allow_origin)

    def _open_frame(self, sid: str) -> bytes:
        return open_frame(
            {
                "sid": sid,
                "upgrades": [],
                "pingInterval": int(self.limits.ping_interval * 1000),
                "pingTimeout": int(self.limits.ping_timeout * 1000),
                "maxPayload": self.limits.max_message,
            }
        )

    def _first_beat(self) -> float:
        """Return half to a whole interval, so that who came at once is not pinged at once for ever."""
        self._phase = (self._phase + _GOLDEN) % 1
        return self.limits.ping_interval * (1 + self._phase) / 2

    async def _is_empty(self, within: float) -> bool:
        if self.sockets:
            try:
                await asyncio.wait_for(self._all_gone.wait(), within)
            except TimeoutError:
                return False
        return True
