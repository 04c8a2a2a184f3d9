"""permessage-deflate (RFC 7692), the receiving half: what a server compresses is read, nothing is compressed here."""

import zlib

OFFER = "permessage-deflate; client_max_window_bits"  # what Chromium and Firefox send
TAIL = b"\x00\x00\xff\xff"  # RFC 7692 §7.2.2: the sender cuts it off, the receiver puts it back
WINDOW_BITS = -15  # raw deflate; a larger window reads what a smaller one wrote


class Inflater:
    """Reads one connection's compressed messages. Without context takeover each message starts afresh."""

    __slots__ = ("_fresh_each_time", "_limit", "_stream")

    def __init__(self, accepted: str, limit: int) -> None:
        self._fresh_each_time = "server_no_context_takeover" in accepted
        self._limit = limit
        self._stream = zlib.decompressobj(WINDOW_BITS)

    def inflate(self, message: bytes) -> bytes:
        """Return the message's bytes; ValueError if they are not deflate, or more than the limit."""
        if self._fresh_each_time:
            self._stream = zlib.decompressobj(WINDOW_BITS)
        try:
            data = self._stream.decompress(message + TAIL, self._limit)
        except zlib.error as error:
            raise ValueError(f"a compressed message cannot be read: {error}") from error
        if self._stream.unconsumed_tail:
            raise ValueError(f"a compressed message has more than {self._limit} bytes")
        return data
