"""One Engine.IO connection over one websocket, from the upgrade to the last byte.

Concurrency: the aiohttp handler's task reads (`run`), one task writes what `write` has queued, event handlers run in
the `lane`, two timers watch. All in one event loop; everything but `run` is synchronous and may be called from
anywhere in it. Shutdown: `end` names the first cause and wakes the reader; what was queued before is still sent; after
the close timeout the transport is dropped whatever the peer does. Invariant: nothing reaches the client between its
CONNECT and the answer to it, so nobody who is refused sees a broadcast.

Every byte to the client passes `write`: that is where frames built once and written directly would go.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType

from ivorycart.engine.lane import Lane
from ivorycart.engine.limits import Limits
from ivorycart.engine.pulse import Pulse
from ivorycart.engine.refusal import Ending, Forbidden, Malformed, Refusal, ending_of
from ivorycart.engine.websocket import GuardedWebSocket
from ivorycart.engine.wire import ENGINE_CLOSE, ENGINE_MESSAGE, engine_kind

_PING = b"2"
_MAX_REASON = 123  # bytes in a close frame, RFC 6455 section 5.5
_LEFT = Ending(WSCloseCode.OK, "client disconnect")
_LOST = Ending(WSCloseCode.OK, "transport close")
_CANCELLED = Ending(WSCloseCode.GOING_AWAY, "server disconnect", abrupt=True)


class Connection:
    """A websocket with its guards; `sid` is Engine.IO's and `session` belongs to the application."""

    upgraded = True  # python-engineio asks: websocket from the start

    def __init__(
        self,
        sid: str,
        ws: GuardedWebSocket,
        limits: Limits,
        *,
        refused: Callable[[Refusal], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.sid = sid
        self.session: dict[str, Any] = {}
        self.closed = False
        self.connect_seen = False
        self.ending: Ending | None = None
        self.lane = Lane(width=limits.handlers_at_once, depth=limits.events_waiting, failed=failed)
        self._ws = ws
        self._limits = limits
        self._refused = refused
        self._malformed = 0
        self._outbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._unsent = 0
        self._held: list[bytes] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._pulse = Pulse(
            interval=limits.ping_interval,
            timeout=limits.ping_timeout,
            beat=lambda: self.write(_PING),
            lost=lambda: self.refuse(Refusal.PING_TIMEOUT),
        )

    async def run(self, receive: Callable[[str], Awaitable[None]], leave: Callable[[str], Awaitable[None]]) -> None:
        """Serve until the connection ends.

        `receive` gets each Socket.IO packet's text and may raise Malformed or Forbidden; `leave` is awaited once, with
        the reason, while the session can still be read.
        """
        writer = asyncio.create_task(self._write_all())
        self._pulse.start()
        self._after(self._limits.connect_timeout, self._miss_connect)
        try:
            await self._read_all(receive)
        finally:
            self.end(_CANCELLED)  # unless it has an ending already
            await self._finish(writer, leave, self.ending or _CANCELLED)

    def write(self, frame: bytes) -> None:
        """Queue one text frame's payload; a client that lets too much pile up is dropped."""
        if self.ending is not None:
            return
        self._unsent += len(frame)
        if self._unsent > self._limits.max_unsent:
            self.refuse(Refusal.UNSENT_OVERFLOW)
        elif self._held is not None and frame != _PING:
            self._held.append(frame)
        else:
            self._outbox.put_nowait(frame)

    def hold(self) -> None:
        """Keep what is written from now on until `release`."""
        self.connect_seen = True
        self._held = []

    def release(self, answer: bytes, *, keep: bool) -> None:
        """Send the answer to CONNECT, then what was held, or forget that."""
        held, self._held = self._held or [], None
        self._unsent -= sum(map(len, held))
        for frame in (answer, *held) if keep else (answer,):
            self.write(frame)

    def count_malformed(self) -> None:
        """Forgive one packet; the last of a few ends the connection."""
        self._malformed += 1
        self._refused(Refusal.MALFORMED)
        if self._malformed >= self._limits.malformed_packets:
            self.end(ending_of(Refusal.MALFORMED))

    def refuse(self, refusal: Refusal) -> None:
        """End the connection for what the client did."""
        if self.ending is None:
            self._refused(refusal)
            self.end(ending_of(refusal))

    def end(self, ending: Ending) -> None:
        """End the connection; the first cause counts."""
        if self.ending is not None:
            return
        self.ending = ending
        self.lane.stop()
        self._outbox.put_nowait(None)
        self._ws.wake()
        if ending.abrupt:
            self._ws.abort()
        else:
            # twice: once for what is queued, once for the closing handshake
            self._after(2 * self._limits.close_timeout, self._ws.abort)

    def abort(self) -> None:
        """Drop the transport and cancel the handlers: the end of patience at shutdown."""
        self._ws.abort()
        self.lane.abandon()

    async def _read_all(self, receive: Callable[[str], Awaitable[None]]) -> None:
        while True:
            message = await self._ws.receive()
            if self.ending is not None:
                return
            if message.type is WSMsgType.TEXT:
                await self._take(message.data, receive)
                if self.lane.is_busy:
                    await asyncio.sleep(0)  # a burst read at once must not count as handlers being slow
            elif message.type is WSMsgType.BINARY:
                self.refuse(Refusal.BINARY)
            else:
                if message.type is WSMsgType.ERROR and self._ws.was_unreadable:
                    self._refused(Refusal.UNREADABLE)
                self.end(_LOST)

    async def _take(self, text: str, receive: Callable[[str], Awaitable[None]]) -> None:
        try:
            kind = engine_kind(text)
            if kind == ENGINE_MESSAGE:
                await receive(text[1:])
            elif kind == ENGINE_CLOSE:
                self.end(_LEFT)
            else:
                self._pulse.answered()
        except Malformed:
            self.count_malformed()
        except Forbidden as forbidden:
            self.refuse(forbidden.refusal)

    async def _finish(
        self, writer: asyncio.Task[None], leave: Callable[[str], Awaitable[None]], ending: Ending
    ) -> None:
        self._pulse.stop()
        try:
            await asyncio.gather(leave(ending.reason), self._hang_up(writer, ending))
            self.closed = True
            await self.lane.settle(self._limits.handler_grace)
        finally:
            self.closed = True
            for timer in self._timers:
                timer.cancel()
            writer.cancel()
            await self.lane.cancel()

    async def _hang_up(self, writer: asyncio.Task[None], ending: Ending) -> None:
        await writer
        reason = ending.reason.encode()[:_MAX_REASON].decode(errors="ignore")
        await self._ws.close(code=ending.code, message=reason.encode())
        await self._ws.linger()

    async def _write_all(self) -> None:
        while (frame := await self._outbox.get()) is not None:
            try:
                await self._ws.send_frame(frame, WSMsgType.TEXT)
            except ConnectionError:
                return
            self._unsent -= len(frame)

    def _miss_connect(self) -> None:
        if not self.connect_seen:
            self.refuse(Refusal.CONNECT_TIMEOUT)

    def _after(self, delay: float, action: Callable[[], None]) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(delay, action))
