"""What a connection has to do, and its client to have done, by a certain time; the wheel asks for it.

Engine.IO's heartbeat: a ping after `ping_interval` of quiet, and the end when no pong comes within `ping_timeout`.
Beside it the times for the CONNECT, for lagging and for the closing handshake. None of them has a timer of its own.
"""

import asyncio

from ivorycart.engine.outgoing import PING, Hub, Outgoing
from ivorycart.engine.refusal import Refusal


class Deadlines(Outgoing):
    """A connection's deadlines, in seconds of the event loop's clock."""

    __slots__ = ("_awaits_pong", "_beat_at", "_close_by", "_connect_by", "_is_lost")

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self._connect_by: float | None = None
        self._beat_at = 0.0
        self._awaits_pong = False
        self._close_by = 0.0
        self._is_lost = False

    @property
    def connect_seen(self) -> bool:
        """Whether the client has sent its CONNECT."""
        return self._connect_by is None

    def start(self, transport: asyncio.Transport, first_beat: float) -> None:
        """Serve on this transport; the first ping goes out after `first_beat` seconds."""
        now = asyncio.get_running_loop().time()
        self._beat_at = now + first_beat
        self._connect_by = now + self._hub.limits.connect_timeout
        self.open_on(transport)
        self._hub.wheel.put(self, min(self._beat_at, self._connect_by))

    def hold(self) -> None:
        """Note CONNECT; keep what is written from now on until `release`."""
        self._connect_by = None
        super().hold()

    def due(self, now: float) -> float | None:
        """Drop, refuse or ping, as it is time for; return when to ask again."""
        if self._is_lost:
            return None
        if self.ending is None:
            self._check(now)
        if self.ending is not None:
            if now >= self._close_by:
                self._drop()
                return None
            return self._close_by
        deadlines = (self._beat_at, self._connect_by, self._lags_until)
        return min(deadline for deadline in deadlines if deadline is not None)

    def _check(self, now: float) -> None:
        if self._connect_by is not None and now >= self._connect_by:
            self.refuse(Refusal.CONNECT_TIMEOUT)
        elif self._lags_until is not None and now >= self._lags_until:
            self.refuse(Refusal.LAGGING)
        elif now >= self._beat_at and self._awaits_pong:
            self.refuse(Refusal.PING_TIMEOUT)
        elif now >= self._beat_at:
            self._awaits_pong = True
            self._beat_at = now + self._hub.limits.ping_timeout
            self.write(PING)

    def _take_pong(self) -> None:
        if self._awaits_pong:  # one that nobody asked for changes nothing
            self._awaits_pong = False
            self._beat_at = asyncio.get_running_loop().time() + self._hub.limits.ping_interval
            self._hub.wheel.put(self, self._beat_at)

    def _expect_close(self) -> None:
        """Drop the transport unless it has been closed by then."""
        # twice: once for what is written, once for the closing handshake
        self._close_by = asyncio.get_running_loop().time() + 2 * self._hub.limits.close_timeout
        self._hub.wheel.put(self, self._close_by)

    def _drop(self) -> None:
        if not self._is_lost:  # a transport that is closed already fails at it
            self.transport.abort()
