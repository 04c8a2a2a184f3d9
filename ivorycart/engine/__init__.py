"""The Socket.IO engine: the one place that knows python-socketio, python-engineio and aiohttp's sockets from inside.

`SocketServer` is what an application uses; its connect handler raises `RefusedAtDoor(message, data)` to let nobody in.
`names` checks at the start what all this stands on, the web server's front door in `handlers/` included. Behind it,
from the wire inwards: `upgrade` (HTTP), `frames` (bytes to messages), `connection` (one socket's guards, on
`deadlines`, on `outgoing`), `wire` and `packing` (text to packets and back), `lane` (order and number of handlers),
`answering` (events to answers), `doorway` (connect and disconnect), `rooms` (who is in which), `fanout` (one frame to
many), `wheel` (one timer for all), `server` (Socket.IO).
"""

from socketio.exceptions import ConnectionRefusedError as RefusedAtDoor

from ivorycart.engine.answering import TurnedAway
from ivorycart.engine.limits import Limits
from ivorycart.engine.names import InnerNamesGoneError, verify_inner_names
from ivorycart.engine.origin import OriginPolicy, origin_policy
from ivorycart.engine.refusal import Refusal
from ivorycart.engine.server import Backlog, SocketServer

__all__ = [
    "Backlog",
    "InnerNamesGoneError",
    "Limits",
    "OriginPolicy",
    "Refusal",
    "RefusedAtDoor",
    "SocketServer",
    "TurnedAway",
    "origin_policy",
    "verify_inner_names",
]
