"""What goes out on one connection: ready frames, straight to the transport, in the order of the calls.

Invariants: nothing reaches the client between its CONNECT and the answer to it; nothing is written after the ending has
begun; unsent bytes stay within `Limits.max_unsent`, or the connection ends at once. A connection whose unsent bytes
pass `Limits.lagging_from` lags: frames that a later one makes needless (`conflated`) are left out from then on, until
the application has caught it up (`Hub.drained`); one that does not drain within `Limits.lag_timeout` is closed.

The kernel's buffers are memory as well, and Linux would keep 4 MiB there for a client that does not read. So it is told
to take no more than 64 KiB that it cannot send yet (TCP_NOTSENT_LOWAT; measured: 68 kB instead of 4.1 MB). What the
network is carrying is not limited by that, so a fast, distant client keeps its full speed, as it would not under a
small SO_SNDBUF.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ivorycart.engine.frames import text_frame
from ivorycart.engine.limits import Limits
from ivorycart.engine.refusal import Ending, Refusal
from ivorycart.engine.wheel import Wheel

PING = text_frame(b"2")
_KERNEL_UNSENT = 65_536
_NOTSENT_LOWAT: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)


class Hub(Protocol):
    """What all connections of a server share."""

    limits: Limits
    wheel: Wheel
    broadcast_under_way: bool
    safe_size: int  # a frame of so many bytes cannot be too much for a connection that is clear

    def count(self, refusal: Refusal) -> None:
        """Count what a client did wrong."""

    def overdue(self, connection: Any) -> None:
        """Write to the connection what a broadcast under way still owes it."""

    def drained(self, connection: Any) -> None:
        """Have the application catch up a connection that was left out."""


class Outgoing(asyncio.Protocol):
    """The sending half of a connection. `is_clear`: frames may go to `send` without a question."""

    __slots__ = (
        "_catching_up", "_held", "_held_bytes", "_hub", "_is_paused", "_lags_until", "_was_skipped", "bucket", "ending",
        "is_clear", "send", "transport",
    )  # fmt: skip

    def __init__(self, hub: Hub) -> None:
        self.bucket = 0
        self.ending: Ending | None = None
        self.is_clear = False
        self._hub = hub
        self._held: list[bytes] | None = None
        self._held_bytes = 0
        self._is_paused = False
        self._catching_up = False
        self._was_skipped = False
        self._lags_until: float | None = None

    @property
    def lags(self) -> bool:
        """Whether it takes up what is sent more slowly than that comes."""
        return self._is_paused

    @property
    def unsent(self) -> int:
        """How many bytes wait here, beside what the kernel has taken."""
        return self._held_bytes + self.transport.get_write_buffer_size()

    def open_on(self, transport: asyncio.Transport) -> None:
        """Send on this transport from now on."""
        limits = self._hub.limits
        self.transport = transport
        self.send: Callable[[bytes], None] = transport.write
        high = min(limits.lagging_from, limits.max_unsent)
        transport.set_write_buffer_limits(high=high, low=high // 4)
        peer = transport.get_extra_info("socket")
        if _NOTSENT_LOWAT is not None and peer is not None and peer.family in {socket.AF_INET, socket.AF_INET6}:
            peer.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, _KERNEL_UNSENT)
        self._reckon()

    def write(self, frame: bytes) -> None:
        """Send one ready frame, after all that is owed to this connection already."""
        hub = self._hub
        if hub.broadcast_under_way:
            hub.overdue(self)
        if self.transport.is_closing():
            return  # lost, but not told yet: the transport would log each further write
        if self.is_clear and len(frame) <= hub.safe_size:
            self.send(frame)
        else:
            self.write_unless_full(frame)

    def write_unless_full(self, frame: bytes, *, conflated: bool = False) -> None:
        """Send, hold or leave out one ready frame, or end the connection for which it is too much."""
        if self.ending is not None:
            return
        if conflated and (self._is_paused or self._catching_up):
            self._was_skipped = True
        elif self.unsent + len(frame) > self._hub.limits.max_unsent:
            self.refuse(Refusal.UNSENT_OVERFLOW)
        elif self._held is not None and frame is not PING:
            self._held.append(frame)
            self._held_bytes += len(frame)
        else:
            self.send(frame)

    def hold(self) -> None:
        """Keep what is written from now on until `release`."""
        self._held = []
        self._reckon()

    def release(self, answer: bytes, *, keep: bool) -> None:
        """Send the answer to CONNECT, then what was held, or forget that."""
        held, self._held, self._held_bytes = self._held or [], None, 0
        self._reckon()
        self.write(b"".join((answer, *held)) if keep else answer)  # at once: each write is a call to the system

    def pause_writing(self) -> None:
        """Lag from now on (the transport calls this)."""
        self._is_paused = True
        self._lags_until = asyncio.get_running_loop().time() + self._hub.limits.lag_timeout
        self._hub.wheel.put(self, self._lags_until)
        self._reckon()

    def resume_writing(self) -> None:
        """Lag no more (the transport calls this)."""
        self._is_paused = False
        self._lags_until = None
        self._ask_to_catch_up()
        self._reckon()

    async def catch_up(self, tell: Callable[[], Awaitable[None]]) -> None:
        """Await `tell()`; conflated frames stay left out meanwhile, and it is asked again if there were any."""
        try:
            while self._was_skipped and not self._is_paused and self.ending is None:
                self._was_skipped = False
                await tell()
        finally:
            self._catching_up = False
            self._reckon()

    def refuse(self, refusal: Refusal) -> None:
        """End the connection for what the client did."""
        raise NotImplementedError

    def due(self, now: float) -> float | None:
        """Do what is due, for the wheel."""
        raise NotImplementedError

    def _ask_to_catch_up(self) -> None:
        if self._was_skipped and not self._catching_up and self.ending is None:
            self._catching_up = True
            self._hub.drained(self)

    def _reckon(self) -> None:
        self.is_clear = self.ending is None and self._held is None and not self._is_paused and not self._catching_up
