"""One Engine.IO connection over one websocket, from the upgrade to the last byte.

Concurrency: no task and no timer of its own. The transport calls it with what comes, the wheel with what is due, and
event handlers run in the `lane`, which exists only while there are any. All in one event loop; everything is
synchronous and may be called from anywhere in it. Shutdown: `end` names the first cause and sends the close frame,
behind what was written before; past the close timeouts the transport is dropped whatever the peer does. How frames go
out, and the invariants of that, is in `outgoing`; what has to happen in time, in `deadlines`.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from aiohttp import WSCloseCode

from ivorycart.engine.deadlines import Deadlines
from ivorycart.engine.frames import FrameReader, Opcode, Unreadable, close_frame, pong_frame
from ivorycart.engine.lane import Job, Lane
from ivorycart.engine.outgoing import Hub
from ivorycart.engine.refusal import Ending, Forbidden, Malformed, Refusal, ending_of
from ivorycart.engine.wire import ENGINE_CLOSE, ENGINE_MESSAGE, engine_kind

_LEFT = Ending(WSCloseCode.OK, "client disconnect")
_LOST = Ending(WSCloseCode.OK, "transport close")


def _nowhere(_frame: bytes) -> None:
    """Take what is written to a connection that has gone."""


class Server(Hub, Protocol):
    """What a connection asks of its server, beside what all share."""

    def take(self, connection: "Connection", text: str) -> None:
        """Take a Socket.IO packet's text; raises Malformed or Forbidden."""

    def see_off(self, connection: "Connection") -> None:
        """Hear that a connection is ending; called once."""

    def job_failed(self, error: BaseException) -> None:
        """Note an error that a job in the lane let through."""


class Connection(Deadlines):
    """A websocket with its guards; `sid` is Engine.IO's, `client` Socket.IO's, `session` belongs to the application."""

    __slots__ = (
        "_gone", "_is_deaf", "_lane", "_malformed", "_reader", "_server", "_session", "_stalled", "callbacks", "client",
        "closed", "rooms", "sid", "standing",
    )  # fmt: skip

    upgraded = True  # python-engineio asks: websocket from the start

    def __init__(self, sid: str, server: Server) -> None:
        super().__init__(server)
        self.sid = sid
        self.closed = False
        self.client: str | None = None  # these four are kept by `rooms`
        self.standing = 0
        self.rooms: set[Any] | None = None
        self.callbacks: dict[int, Any] | None = None
        self._server = server
        self._session: dict[str, Any] | None = None
        self._reader = FrameReader(server.limits.max_message)
        self._lane: Lane | None = None
        self._malformed = 0
        self._stalled = False
        self._is_deaf = False
        self._gone: asyncio.Future[None] | None = None

    @property
    def session(self) -> dict[str, Any]:
        """The application's data, by namespace."""
        if self._session is None:
            self._session = {}
        return self._session

    def submit(self, job: Job, *, alone: bool = False) -> bool:
        """Run the job in its turn; False when too many wait."""
        lane = self._lane
        if lane is None:
            limits = self._server.limits
            lane = self._lane = Lane(
                width=limits.handlers_at_once,
                depth=limits.events_waiting,
                failed=self._server.job_failed,
                on_idle=self._forget_lane,
            )
            if self.ending is not None:
                lane.stop()
        return lane.submit(job, alone=alone)

    def count_malformed(self) -> None:
        """Forgive one packet; the last of a few ends the connection."""
        self._malformed += 1
        self._server.count(Refusal.MALFORMED)
        if self._malformed >= self._server.limits.malformed_packets:
            self.end(ending_of(Refusal.MALFORMED))

    def refuse(self, refusal: Refusal) -> None:
        """End the connection for what the client did."""
        if self.ending is None:
            self._server.count(refusal)
            self.end(ending_of(refusal))

    def end(self, ending: Ending) -> None:
        """End the connection; the first cause counts."""
        if self._server.broadcast_under_way:
            self._server.overdue(self)
        if self.ending is not None:
            return
        if not (ending.abrupt or self._is_lost):
            self.send(close_frame(ending.code, ending.reason))
        self.ending = ending
        self.is_clear = False
        self._held = None
        if self._lane is not None:
            self._lane.stop()
        if ending.abrupt:
            self._drop()
        elif not self._is_lost:
            self._expect_close()
        self._server.see_off(self)

    def abort(self) -> None:
        """Drop the transport and cancel the handlers: the end of patience at shutdown."""
        self._drop()
        if self._lane is not None:
            self._lane.abandon()

    async def gone(self) -> None:
        """Wait until the transport has been closed."""
        if not self._is_lost:
            if self._gone is None:
                self._gone = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._gone)

    def settle(self) -> Coroutine[Any, Any, None] | None:
        """Return what waits for the handlers that still run, None without any."""
        return None if self._lane is None else self._lane.settle(self._server.limits.handler_grace)

    # --- what the transport calls

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self._is_deaf:
            return
        self._reader.feed(data)
        if not self._stalled:
            self._take_all()

    def eof_received(self) -> None:
        """Take the end of what the client sends; the transport closes itself."""
        self.end(_LOST)

    def connection_lost(self, _error: Exception | None) -> None:
        """Take the end of the connection."""
        self._is_lost = True
        self.send = _nowhere  # the bound method would keep the transport, and that this
        self._server.wheel.remove(self)
        self.end(_LOST)
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    # --- reading

    def _take_all(self) -> None:
        """Take the messages that are there; when handlers have to wait, give them a turn before the next."""
        try:
            while (message := self._reader.next_message()) is not None:
                if message.opcode == Opcode.TEXT:
                    self._take(message.data)  # type: ignore[arg-type]  # TEXT is str
                else:
                    self._take_other(message.opcode, message.data)  # type: ignore[arg-type]  # all others are bytes
                if self._lane is not None and self._lane.is_busy:
                    self._stall()
                    return
        except Unreadable as unreadable:
            self._close_deaf(unreadable)
        if self._stalled:
            self._stalled = False
            self.transport.resume_reading()

    def _stall(self) -> None:
        """Go on in the loop's next round: a burst read at once must not count as handlers being slow."""
        if not self._stalled:
            self._stalled = True
            self.transport.pause_reading()
        asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        if not self._is_lost:
            self._take_all()

    def _take(self, text: str) -> None:
        if self.ending is not None:
            return
        try:
            kind = engine_kind(text)
            if kind == ENGINE_MESSAGE:
                self._server.take(self, text[1:])
            elif kind == ENGINE_CLOSE:
                self.end(_LEFT)
            else:
                self._take_pong()
        except Malformed:
            self.count_malformed()
        except Forbidden as forbidden:
            self.refuse(forbidden.refusal)

    def _take_other(self, opcode: int, data: bytes) -> None:
        if opcode == Opcode.CLOSE:
            self._answer_close(data)
        elif opcode == Opcode.BINARY:
            self.refuse(Refusal.BINARY)
        elif opcode == Opcode.PING:
            self.write(pong_frame(data))

    def _answer_close(self, data: bytes) -> None:
        """Echo the client's close frame, unless ours went out before, and close behind what is written."""
        code = int.from_bytes(data[:2]) if data else WSCloseCode.OK
        self.end(Ending(code, _LOST.reason))
        self._is_deaf = True
        self.transport.close()

    def _close_deaf(self, unreadable: Unreadable) -> None:
        """After a broken message: say so, close our half, and swallow the rest until the peer has left.

        Closing with its rest unread would reset the connection, and a reset makes the peer's system throw away what it
        has received, the close frame with it.
        """
        self._is_deaf = True
        if self.ending is None:
            self._server.count(Refusal.UNREADABLE)
            self.end(Ending(unreadable.code, _LOST.reason))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _forget_lane(self) -> None:
        self._lane = None
