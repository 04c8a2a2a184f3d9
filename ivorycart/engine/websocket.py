"""aiohttp's websocket as this engine needs it: no deflate, an exact size limit, a close that arrives."""

import asyncio
from typing import Any

from aiohttp import WebSocketError, WSMessage, WSMsgType, web

_WAKE = WSMessage(WSMsgType.TEXT, "", None)


class GuardedWebSocket(web.WebSocketResponse):
    """A server's websocket with a close frame that also reaches a peer whose last message was refused unread."""

    def __init__(self, *, max_message: int, close_timeout: float) -> None:
        # aiohttp refuses a message *of* its limit already; ours is the largest that passes
        super().__init__(compress=False, max_msg_size=max_message + 1, timeout=close_timeout)
        self._close_timeout = close_timeout
        self._peer_gone: asyncio.Event | None = None

    @property
    def was_unreadable(self) -> bool:
        """Whether the peer's last frame was refused: too large, not UTF-8, not a websocket frame."""
        return isinstance(self.exception(), WebSocketError)

    def wake(self) -> None:
        """Make a waiting `receive` return (an empty text), without touching the connection."""
        if self._reader is not None:
            self._reader.feed_data(_WAKE, 0)

    def abort(self) -> None:
        """Drop the connection now, with everything unsent."""
        transport = None if self._req is None else self._req.transport
        if transport is not None:
            transport.abort()

    async def linger(self) -> None:
        """After a broken message: wait, within the close timeout, until the peer has taken the close frame and left."""
        if self._peer_gone is not None:
            try:
                await asyncio.wait_for(self._peer_gone.wait(), self._close_timeout)
            except TimeoutError:
                self.abort()

    def _close_transport(self) -> None:
        """Half-close after a broken message: closing with its rest unread would reset the connection.

        A reset makes the peer's system throw away what it has received, the close frame (1009) with it.
        """
        transport = None if self._req is None else self._req.transport
        if transport is None or not self.was_unreadable or not transport.can_write_eof():
            super()._close_transport()
        elif self._peer_gone is None:
            assert self._req is not None  # noqa: S101 - for the type checker: it gave the transport
            self._peer_gone = asyncio.Event()
            self._req.protocol._payload_parser = _Sink(self._peer_gone)  # noqa: SLF001
            transport.write_eof()


class _Sink:
    """Stands where the websocket parser was: swallows what still comes and notes the end."""

    def __init__(self, ended: asyncio.Event) -> None:
        self._ended = ended

    def feed_data(self, _data: Any) -> tuple[bool, bytes]:
        return False, b""

    def feed_eof(self) -> None:
        self._ended.set()
