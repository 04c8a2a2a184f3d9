"""One frame to many connections: built once, the same bytes to all, in slices that leave the loop time for others.

A broadcast of thousands takes tens of milliseconds, nearly all of it the system's own `send`. So it goes out in slices,
and between them everyone else gets a turn.

Invariant: to each socket it looks as if the broadcast had gone to all at one moment. What is written to a socket that a
broadcast under way has not reached yet comes after that broadcast's frame (`overdue`), and only one broadcast is under
way at a time: the others wait in the order of their calls. Shutdown: cancelling `send` leaves out who was not reached.
"""

import asyncio
import time
from typing import Any, Protocol

SLICE_SOCKETS = 256  # 10 to 15 microseconds each, that is about 4 ms
SLICE_BYTES = 1_048_576  # copying this much to the system takes about as long


class Member(Protocol):
    """What a broadcast knows of a connection."""

    is_clear: bool

    def send(self, frame: bytes) -> None:
        """Write without a question; for who is clear."""

    def write(self, frame: bytes) -> None:
        """Write one frame, after all that is owed already."""

    def write_unless_full(self, frame: bytes, *, conflated: bool = False) -> None:
        """Write, hold or leave out one frame, or end the connection."""


class Fanout:
    """Sends frames to many; `under_way` is read by every single write, so it is a plain attribute."""

    def __init__(self) -> None:
        self.under_way = False
        self.safe_size = 0  # see Hub
        self.frames = 0
        """How many frames were handed to connections, one for each."""
        self.seconds = 0.0
        """How long that took on the clock: looked at around each slice, not around each frame."""
        self._turn = asyncio.Lock()
        self._owed: dict[Member, None] = {}
        self._frame = b""
        self._conflated = False
        self._room: Any = None

    async def send(self, receivers: dict[Member, None], frame: bytes, room: Any, *, conflated: bool = False) -> None:
        """Write the frame to each of `receivers`, which is this method's to empty.

        `room` is what `forget` will be told about those who leave it meanwhile; `conflated` frames are left out for
        those that lag.
        """
        size = max(1, min(SLICE_SOCKETS, SLICE_BYTES // len(frame)))
        if len(receivers) <= size:
            for member in tuple(receivers) if self.under_way else ():
                self.overdue(member)
            self._write(receivers, size, frame, conflated=conflated)
            return
        async with self._turn:
            self.under_way = True
            self._owed, self._frame, self._conflated, self._room = receivers, frame, conflated, room
            try:
                while receivers:
                    self._write(receivers, size, frame, conflated=conflated)
                    if receivers:
                        await asyncio.sleep(0)
            finally:
                self.under_way = False
                self._owed, self._frame, self._room = {}, b"", None

    @property
    def waiting(self) -> int:
        """How many connections the broadcast under way has not reached."""
        return len(self._owed)

    def overdue(self, member: Member) -> None:
        """Write now what the broadcast under way still owes this one."""
        if member in self._owed:
            del self._owed[member]
            member.write_unless_full(self._frame, conflated=self._conflated)

    def forget(self, member: Member, room: Any) -> None:
        """Owe nothing to who has left the room, or (None) altogether."""
        if self.under_way and room == self._room:
            self._owed.pop(member, None)

    def _write(self, receivers: dict[Member, None], number: int, frame: bytes, *, conflated: bool) -> None:
        is_small = len(frame) <= self.safe_size
        slice_size = min(number, len(receivers))
        began = time.perf_counter()
        for _ in range(slice_size):
            member = receivers.popitem()[0]
            if member.is_clear and is_small:
                member.send(frame)
            else:
                member.write_unless_full(frame, conflated=conflated)
        self.seconds += time.perf_counter() - began
        self.frames += slice_size
