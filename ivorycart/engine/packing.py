"""What a server says, as ready websocket frames: each is encoded once, whoever and however many get it.

Pure. The formats are those of `wire`, in the other direction; bytes are not JSON, so nothing binary is ever sent.
"""

from typing import Any

from ivorycart.engine.frames import text_frame
from ivorycart.engine.wire import to_json

DISCONNECT = text_frame(b"41")
_ROOT = "/"


def open_frame(handshake: dict[str, Any]) -> bytes:
    """Return Engine.IO's first packet."""
    return text_frame(b"0" + to_json(handshake))


def message_frame(packet: str) -> bytes:
    """Return an Engine.IO packet that is text already."""
    return text_frame(packet.encode())


def connect_frame(sid: str) -> bytes:
    """Return the answer to a CONNECT that is accepted."""
    return text_frame(b"40" + to_json({"sid": sid}))


def refusal_frame(data: Any, namespace: str = _ROOT) -> bytes:
    """Return the CONNECT_ERROR to a CONNECT that is not."""
    where = b"" if namespace == _ROOT else f"{namespace},".encode()
    return text_frame(b"44" + where + to_json(data))


def event_frame(event: str, data: Any = None, number: int | None = None) -> bytes:
    """Return an event; with a number the client is to acknowledge it."""
    return text_frame(b"42" + _digits(number) + to_json([event, *_arguments(data)]))


def ack_frame(number: int, answer: Any) -> bytes:
    """Return the acknowledgement of a client's event."""
    return text_frame(b"43" + _digits(number) + to_json(_arguments(answer)))


def _digits(number: int | None) -> bytes:
    return b"" if number is None else b"%d" % number


def _arguments(data: Any) -> list[Any]:
    """Return data as python-socketio takes it: a tuple is several arguments, None is none."""
    if data is None:
        return []
    return list(data) if isinstance(data, tuple) else [data]
