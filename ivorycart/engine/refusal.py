"""Why a client was turned away or a socket ended, each with the websocket close code that tells it so."""

from dataclasses import dataclass
from enum import StrEnum

from aiohttp import WSCloseCode


class Refusal(StrEnum):
    """What a client did that is not allowed; the words are the labels of the `refusals` counter."""

    HANDSHAKE = "handshake"  # HTTP 400/405: not a websocket of Engine.IO 4
    ORIGIN = "origin"  # HTTP 403
    DRAINING = "draining"  # HTTP 503: the process is going away
    MALFORMED = "malformed"  # one packet that could not be read; the last straw closes
    RESERVED_EVENT = "reserved_event"
    BINARY = "binary"
    CONNECT_TIMEOUT = "connect_timeout"
    PING_TIMEOUT = "ping_timeout"
    EVENT_OVERFLOW = "event_overflow"  # too many events waiting for their handlers
    UNSENT_OVERFLOW = "unsent_overflow"  # reads so slowly that too much would have to be kept
    LAGGING = "lagging"  # reads too slowly for too long
    UNREADABLE = "unreadable"  # too large a message (1009), bad UTF-8 (1007), a broken frame (1002)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ends: the close code for the peer and the reason for the `disconnect` handler."""

    code: int
    reason: str
    abrupt: bool = False  # the peer does not read: a close frame would never leave


CLOSE_CODES = {
    Refusal.MALFORMED: WSCloseCode.PROTOCOL_ERROR,
    Refusal.BINARY: WSCloseCode.UNSUPPORTED_DATA,
    Refusal.PING_TIMEOUT: WSCloseCode.GOING_AWAY,
}


_DEAF = frozenset((Refusal.UNSENT_OVERFLOW, Refusal.LAGGING))


def ending_of(refusal: Refusal) -> Ending:
    """Return the ending that a refusal leads to; 1008 (policy violation) where no closer code exists."""
    code = CLOSE_CODES.get(refusal, WSCloseCode.POLICY_VIOLATION)
    return Ending(code, refusal.value.replace("_", " "), abrupt=refusal in _DEAF)


class Malformed(ValueError):  # noqa: N818 - it names a packet, which is what a reader of the log looks for
    """A packet that is not Engine.IO 4 or Socket.IO 5 as a client may send it; a few are forgiven."""


class Forbidden(ValueError):  # noqa: N818 - as above
    """A packet that no honest client sends here; the socket closes at once."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
