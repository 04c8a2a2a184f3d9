"""From websocket frames to messages: parts are put together, permessage-deflate (RFC 7692) is undone.

Only the receiving half: what a server compresses is read, nothing is compressed here.
"""

import zlib

OFFER = "permessage-deflate; client_max_window_bits"  # what Chromium and Firefox send
TAIL = b"\x00\x00\xff\xff"  # RFC 7692 §7.2.2: the sender cuts it off, the receiver puts it back
WINDOW_BITS = -15  # raw deflate; a larger window reads what a smaller one wrote


class Assembler:
    """One connection's messages. ``accepted`` is what the server said to the offer; ``limit`` is in bytes."""

    __slots__ = ("_accepted", "_compressed", "_limit", "_parts", "_stream")

    def __init__(self, limit: int, accepted: str = "") -> None:
        self._limit = limit
        self._accepted = accepted
        self._stream = zlib.decompressobj(WINDOW_BITS)
        self._parts: bytearray | None = None
        self._compressed = False

    def add(self, payload: bytes, *, final: bool, compressed: bool) -> bytes | None:
        """Add a frame; return the message once it is whole. Raises ValueError where it cannot be read."""
        if self._parts is None:
            self._compressed = compressed  # the first frame speaks for all
            if final:
                return self._read(payload)
            self._parts = bytearray()
        self._parts += payload
        if len(self._parts) > self._limit:
            raise ValueError(f"a message has more than {self._limit} bytes")
        if not final:
            return None
        whole, self._parts = bytes(self._parts), None
        return self._read(whole)

    def _read(self, message: bytes) -> bytes:
        if not self._compressed:
            return message
        if not self._accepted:
            raise ValueError("a compressed message, without having agreed on compression")
        if "server_no_context_takeover" in self._accepted:
            self._stream = zlib.decompressobj(WINDOW_BITS)
        try:
            data = self._stream.decompress(message + TAIL, self._limit)
        except zlib.error as error:
            raise ValueError(f"a compressed message cannot be read: {error}") from error
        if self._stream.unconsumed_tail:
            raise ValueError(f"a compressed message has more than {self._limit} bytes")
        return data
