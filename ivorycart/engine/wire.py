"""Text of the wire to packets and back: Engine.IO 4 and Socket.IO 5 as a *client* may speak them, strictly.

Pure. Formats: https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/. What
python-socketio would accept beyond them (reserved event names, acks with id 0, attachments) is refused here, before any
of its code sees it.
"""

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson
from socketio import packet

from ivorycart.engine.refusal import Forbidden, Malformed, Refusal

MAX_DEPTH = 32  # far above any payload of ours, far below what would exhaust a recursive reader
RESERVED_EVENTS = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)

ENGINE_CLOSE, ENGINE_PONG, ENGINE_MESSAGE = "1", "3", "4"
CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR = 0, 1, 2, 3, 4
_HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_STRICT = json.JSONEncoder(allow_nan=False, check_circular=False, default=lambda _leaf: None)
# what never holds a NaN; a Fragment is JSON already
_WITHOUT_NAN = frozenset((str, int, bool, type(None), orjson.Fragment))
_BINARY_TYPES = frozenset("56")
# type, /namespace up to a comma, ack id (16 digits hold every integer of JavaScript), JSON
_PACKET = re.compile(r"([0-3])(?:(/[^,]{0,255})(?:,|\Z))?([0-9]{1,16})?(.*)\Z", re.DOTALL)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise Malformed("a number without end")
    return number


_LENIENT = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


@dataclass(frozen=True, slots=True)
class Packet:
    """One Socket.IO packet from a client; `data` is checked for its kind (auth object, event list, ack list)."""

    kind: int
    namespace: str
    id: int | None
    data: Any

    @property
    def event(self) -> str:
        """The event's name (EVENT packets only)."""
        name: str = self.data[0]
        return name


def to_json(value: Any) -> bytes:
    """Return JSON in UTF-8; TypeError for what JSON has not, ValueError for NaN and infinities."""
    text = orjson.dumps(value)
    # orjson writes them as null, so what has no null had none. Of what has, json, slower, is sure.
    if b"null" in text and not _is_plain(value):
        try:
            _STRICT.encode(value)
        except ValueError:
            raise ValueError("NaN and infinities are not JSON") from None
    return text


def _is_plain(value: Any) -> bool:
    """Whether a value is made of what can be neither NaN nor infinity, and of finite numbers."""
    left: list[Any] = [(value,)]
    while left:
        each = left.pop()
        inner = each.values() if type(each) is dict else each
        if _WITHOUT_NAN.issuperset(map(type, inner)):
            continue
        for child in inner:
            kind = type(child)
            if kind is dict or kind is list or kind is tuple:
                left.append(child)
            elif kind not in _WITHOUT_NAN and not (kind is float and isfinite(child)):
                return False
    return True


class WireJSON:
    """JSON for python-socketio by orjson: text out, no NaN or infinity either way, bounded depth in."""

    @staticmethod
    def dumps(value: Any, **_options: Any) -> str:
        """Return JSON text, as `to_json` does."""
        return to_json(value).decode()

    @staticmethod
    def loads(text: str, **_options: Any) -> Any:
        """Return the value; ValueError (orjson.JSONDecodeError or Malformed) for what is not JSON or too deep."""
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            # An emoji cut in two is JSON to every browser: whoever reads the field can say what is wrong with it.
            if not _HALF_A_CHARACTER.search(text):
                raise
            value = _LENIENT.decode(text)
        if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
            raise Malformed("nested too deep")
        return value


class WirePacket(packet.Packet):  # type: ignore[misc]  # python-socketio has no types
    """Outgoing Socket.IO packets: our JSON without touching the library's process-wide setting, never binary."""

    json = WireJSON
    uses_binary_events = False


def engine_kind(text: str) -> str:
    """Return the Engine.IO type of a text frame: close, pong or message; all others only servers send."""
    kind = text[:1]
    if kind == ENGINE_MESSAGE or text in {ENGINE_CLOSE, ENGINE_PONG}:
        return kind
    raise Malformed("not an Engine.IO packet that a client sends")


def decode(text: str) -> Packet:
    """Return the Socket.IO packet in an Engine.IO message; raises Malformed or Forbidden."""
    if text[:1] in _BINARY_TYPES:
        raise Forbidden(Refusal.BINARY)
    parts = _PACKET.match(text)
    if parts is None:
        raise Malformed("not a Socket.IO packet that a client sends")
    kind, namespace, ack_id, body = parts.groups()
    try:
        data = WireJSON.loads(body) if body else None
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from None
    received = Packet(int(kind), (namespace or "/").partition("?")[0], int(ack_id) if ack_id else None, data)
    _check(received)
    return received


def _check(received: Packet) -> None:
    """Hold the packet to the shape of its kind."""
    data, has_id = received.data, received.id is not None
    if received.kind == CONNECT:
        well_formed = not has_id and (data is None or isinstance(data, dict))
    elif received.kind == DISCONNECT:
        well_formed = not has_id and data is None
    elif received.kind == EVENT:
        well_formed = isinstance(data, list) and bool(data) and isinstance(data[0], str)
    else:
        # Ids count from 1. Under 0 python-socketio keeps the counter itself: an ack with it would destroy the counter.
        well_formed = bool(received.id) and isinstance(data, list)
    if not well_formed:
        raise Malformed("not the shape of its kind")
    if received.kind == EVENT and data[0] in RESERVED_EVENTS:
        raise Forbidden(Refusal.RESERVED_EVENT)


def _children(values: list[Any]) -> list[Any]:
    """Return what the lists and objects among `values` hold: one level further down."""
    return [
        child
        for value in values
        if isinstance(value, (list, tuple, dict))
        for child in (value.values() if isinstance(value, dict) else value)
    ]


def _is_deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth + 1):
        level = _children(level)
        if not level:
            return False
    return True
