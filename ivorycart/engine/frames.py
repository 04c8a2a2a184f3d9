"""Websocket frames (RFC 6455) as this server speaks them: whole text frames out, masked frames of any cut in.

Pure. No extension is ever agreed on, so a frame built once is right for every client. Clients are held to the letter:
what is not a frame that a client may send raises Unreadable with the close code for it.
"""

from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from aiohttp import WSCloseCode

_LENGTH_2, _LENGTH_8 = Struct("!BBH"), Struct("!BBQ")
_CODE = Struct("!H")
_FIN, _MASKED, _SHORT = 0x80, 0x80, 126
_MASK_BYTES, _MAX_CONTROL, _MAX_REASON = 4, 125, 123
_HEADER_OF = {126: 4, 127: 10}  # bytes before the mask, by the 7-bit length
# section 7.4: those that may be sent, and the range that applications share
_SENDABLE_CODES = frozenset((1000, 1001, 1002, 1003, *range(1007, 1015)))
_APPLICATION_CODES = range(3000, 5000)


class Opcode(IntEnum):
    """What a frame carries."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


_DATA = frozenset((Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY))
_CONTROL = frozenset((Opcode.CLOSE, Opcode.PING, Opcode.PONG))


class Message(NamedTuple):
    """A whole message: `data` is text for TEXT and bytes otherwise (for CLOSE: code and reason, checked)."""

    opcode: int
    data: str | bytes


class Unreadable(ValueError):  # noqa: N818 - it names what came
    """The peer's bytes are no frame that a client may send here; `code` is the close code that says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def text_frame(payload: bytes) -> bytes:
    """Return a whole, unmasked text frame around UTF-8."""
    return _frame(_FIN | Opcode.TEXT, payload)


def pong_frame(payload: bytes) -> bytes:
    """Return the answer to a ping (at most 125 bytes, as the ping was)."""
    return _frame(_FIN | Opcode.PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame; a reason that does not fit is cut at a character's end."""
    cut = reason.encode()[:_MAX_REASON].decode(errors="ignore")
    return _frame(_FIN | Opcode.CLOSE, _CODE.pack(code) + cut.encode())


def _frame(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < _SHORT:
        return bytes((first, length)) + payload
    if length <= 0xFFFF:  # noqa: PLR2004 - two bytes' worth
        return _LENGTH_2.pack(first, 126, length) + payload
    return _LENGTH_8.pack(first, 127, length) + payload


def unmasked(payload: bytes, mask: bytes) -> bytes:
    """Return the payload with its mask taken off."""
    length = len(payload)
    pattern = int.from_bytes((mask * (length // _MASK_BYTES + 1))[:length])
    return (int.from_bytes(payload) ^ pattern).to_bytes(length)


class FrameReader:
    """Turns a client's bytes, cut anywhere, into messages; keeps at most one message and one cut.

    `feed` what has come, then call `next_message` until it returns None. After Unreadable it is of no use.
    """

    __slots__ = ("_at", "_data", "_limit", "_opcode", "_parts")

    def __init__(self, limit: int) -> None:
        self._limit = limit  # bytes of the largest message that is accepted
        self._data = b""
        self._at = 0
        self._parts: bytearray | None = None  # of a message in several frames, whose kind is `_opcode`
        self._opcode = 0

    def feed(self, data: bytes) -> None:
        """Take what has come."""
        self._data = self._data[self._at :] + data if self._at < len(self._data) else data
        self._at = 0

    def next_message(self) -> Message | None:
        """Return the next whole message, None when more bytes are needed; raises Unreadable."""
        while (frame := self._next_frame()) is not None:
            first, payload = frame
            opcode = first & ~_FIN
            if opcode in _CONTROL:
                return _control(opcode, payload)
            if (opcode == Opcode.CONTINUATION) is (self._parts is None):
                raise Unreadable(WSCloseCode.PROTOCOL_ERROR, "fragments out of order")
            if self._parts is not None:
                self._parts += payload
                if first & _FIN:
                    whole, self._parts = bytes(self._parts), None
                    return _data(self._opcode, whole)
            elif first & _FIN:
                return _data(opcode, payload)
            else:
                self._opcode, self._parts = opcode, bytearray(payload)
        if self._at == len(self._data):
            self._data, self._at = b"", 0  # idle connections keep nothing
        return None

    def _next_frame(self) -> tuple[int, bytes] | None:
        """Return the first byte and the payload of the next frame that is there as a whole."""
        data, at = self._data, self._at
        here = len(data) - at
        if here < 2:  # noqa: PLR2004 - the two bytes that every frame has
            return None
        first, second = data[at], data[at + 1]
        short = second & ~_MASKED
        self._check_header(first, second, short)
        header = _HEADER_OF.get(short, 2)
        if here < header:
            return None
        length = short if header == 2 else int.from_bytes(data[at + 2 : at + header])  # noqa: PLR2004 - as above
        if length + len(self._parts or b"") > self._limit:
            raise Unreadable(WSCloseCode.MESSAGE_TOO_BIG, "message too big")
        start = at + header + _MASK_BYTES
        if len(data) < start + length:
            return None
        self._at = start + length
        return first, unmasked(data[start : start + length], data[start - _MASK_BYTES : start])

    @staticmethod
    def _check_header(first: int, second: int, short: int) -> None:
        opcode = first & ~_FIN  # with a reserved bit set it is no known one
        is_control = opcode in _CONTROL
        if not (is_control or opcode in _DATA):
            raise Unreadable(WSCloseCode.PROTOCOL_ERROR, "reserved bits or opcode")
        if not second & _MASKED:
            raise Unreadable(WSCloseCode.PROTOCOL_ERROR, "a client's frames are masked")
        if is_control and (short > _MAX_CONTROL or not first & _FIN):
            raise Unreadable(WSCloseCode.PROTOCOL_ERROR, "control frames are short and whole")


def _data(opcode: int, payload: bytes) -> Message:
    return Message(opcode, payload if opcode == Opcode.BINARY else _text(payload))


def _control(opcode: int, payload: bytes) -> Message:
    if opcode == Opcode.CLOSE and payload:
        code = int.from_bytes(payload[:2])
        if len(payload) < _CODE.size or not (code in _SENDABLE_CODES or code in _APPLICATION_CODES):
            raise Unreadable(WSCloseCode.PROTOCOL_ERROR, "no close code")
        _text(payload[2:])
    return Message(opcode, payload)


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise Unreadable(WSCloseCode.INVALID_TEXT, "text is UTF-8") from None
