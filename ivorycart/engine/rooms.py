"""Who is connected, and who is in which room: python-socketio's client manager without its scans.

python-socketio looks through every room for everyone who leaves, and each client is a room. Here a connection knows its
rooms and a room its connections, so joining, leaving and disconnecting cost the rooms of that client alone, and a
broadcast has its connections at hand. A client's own room (its sid) is no room at all but a look-up.

Invariant: `connection in rooms[name]` if and only if `name in connection.rooms`; no empty room is kept.
"""

from collections.abc import Callable, Iterator
from enum import IntEnum
from inspect import isawaitable
from typing import Any

from socketio import AsyncManager

from ivorycart.engine.connection import Connection
from ivorycart.engine.fanout import Fanout, Member
from ivorycart.engine.packing import event_frame

ROOT = "/"
Room = Any  # a name, None for everyone


class Standing(IntEnum):
    """How far a client is in."""

    OUTSIDE = 0
    PENDING = 1  # its connect handler runs
    CONNECTED = 2
    LEAVING = 3  # its disconnect handler runs


class Rooms(AsyncManager):  # type: ignore[misc]  # python-socketio has no types
    """The clients of one server, in the namespace `/`; `members` by Socket.IO's sid, `rooms` by name."""

    def __init__(self) -> None:
        super().__init__()
        self.members: dict[str, Connection] = {}
        self.rooms: dict[Room, dict[Connection, None]] = {}
        self.fanout = Fanout()

    # --- coming and going, by connection

    def admit(self, connection: Connection) -> str:
        """Take in a connection whose connect handler is about to run; return its Socket.IO sid."""
        sid: str = self.server.eio.generate_id()
        connection.client, connection.standing = sid, Standing.PENDING
        self.members[sid] = connection
        return sid

    def dismiss(self, connection: Connection) -> None:
        """Forget a connection and all that was kept for it."""
        for room in connection.rooms or ():
            self._drop(connection, room)
        connection.rooms = connection.callbacks = None
        connection.standing = Standing.OUTSIDE
        if connection.client is not None:
            self.members.pop(connection.client, None)

    def connection_of(self, sid: str | None) -> Connection | None:
        """Return the connection of a client that is in, or on its way in or out."""
        return None if sid is None else self.members.get(sid)

    def connections_in(self, room: Room) -> dict[Member, None]:
        """Return a copy of who is in a room, a list of rooms, or (None) anywhere."""
        if room is None:
            return dict.fromkeys(self.members.values())
        if isinstance(room, str) or not hasattr(room, "__len__"):
            own = self.members.get(room)
            return dict.fromkeys(self.rooms.get(room, ())) if own is None else {own: None}
        return {connection: None for each in room for connection in self.connections_in(each)}

    # --- what python-socketio calls

    def get_namespaces(self) -> Any:
        """Return the active namespaces."""
        return (ROOT,) if self.members else ()

    def get_participants(self, namespace: str, room: Room) -> Iterator[tuple[str, str]]:
        """Return (sid, Engine.IO's sid) of who is in a room."""
        for connection in self.connections_in(room) if namespace == ROOT else ():
            yield connection.client, connection.sid  # type: ignore[attr-defined]  # all that are in have both

    def is_connected(self, sid: str, namespace: str) -> bool:
        """Whether the client is in, and not on its way in or out."""
        connection = self.members.get(sid)
        return connection is not None and connection.standing == Standing.CONNECTED and namespace == ROOT

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        """Return Engine.IO's sid of a client."""
        connection = self.members.get(sid)
        return connection.sid if connection is not None and namespace == ROOT else None

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        """Return the client's sid, if it has sent a CONNECT that was not refused."""
        connection: Connection | None = self.server.eio.sockets.get(eio_sid)
        return connection.client if connection is not None and connection.standing and namespace == ROOT else None

    def get_rooms(self, sid: str, namespace: str) -> list[Room]:
        """Return the rooms that a client is in, its own included."""
        connection = self.members.get(sid)
        return [] if connection is None or namespace != ROOT else [sid, *(connection.rooms or ())]

    async def enter_room(self, sid: str, namespace: str, room: Room, eio_sid: str | None = None) -> None:  # noqa: ARG002 - python-socketio's signature
        """Put a client into a room; ValueError when it is not there, or the room is another client's own."""
        connection = self.members.get(sid)
        if connection is None or namespace != ROOT:
            raise ValueError("sid is not connected to requested namespace")
        if room == sid:
            return
        if room in self.members:
            raise ValueError("cannot enter a sid room")
        self.rooms.setdefault(room, {})[connection] = None
        if connection.rooms is None:
            connection.rooms = set()
        connection.rooms.add(room)

    async def leave_room(self, sid: str, namespace: str, room: Room) -> None:
        """Take a client out of a room; nothing happens when it is not in."""
        connection = self.members.get(sid)
        if connection is not None and connection.rooms and room in connection.rooms and namespace == ROOT:
            connection.rooms.discard(room)
            self._drop(connection, room)

    async def close_room(self, room: Room, namespace: str) -> None:
        """Take everyone out of a room; ValueError for a client's own."""
        if room in self.members:
            raise ValueError("cannot close a sid room")
        for connection in list(self.rooms.get(room, ())):
            await self.leave_room(str(connection.client), namespace, room)

    async def disconnect(self, sid: str, namespace: str, **_options: Any) -> None:
        """Forget a client."""
        connection = self.members.get(sid)
        if connection is not None and namespace == ROOT:
            self.dismiss(connection)

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Room = None,
        skip_sid: str | list[str] | None = None,
        callback: Callable[..., Any] | None = None,
        to: Room = None,
        **_options: Any,
    ) -> None:
        """Send an event to a client, a room or all; with a callback each gets an id of its own."""
        if namespace != ROOT:
            return
        room = to or room
        own = self.members.get(room) if isinstance(room, str) and skip_sid is None else None
        if own is not None:
            number = None if callback is None else self.expect_ack(own, callback)
            own.write(event_frame(event, data, number))
            return
        receivers = self.connections_in(room)
        for sid in [skip_sid] if isinstance(skip_sid, str) else skip_sid or ():
            if (skipped := self.members.get(sid)) is not None:
                receivers.pop(skipped, None)
        if callback is None:
            await self.fanout.send(receivers, event_frame(event, data), room)
        else:
            for connection in receivers:
                number = self.expect_ack(connection, callback)  # type: ignore[arg-type]  # members are connections
                connection.write(event_frame(event, data, number))

    @staticmethod
    def expect_ack(connection: Connection, callback: Callable[..., Any]) -> int:
        """Keep a callback for the client's ack; return the id for it, which counts from 1."""
        if connection.callbacks is None:
            connection.callbacks = {0: 0}
        callbacks = connection.callbacks
        number: int = callbacks[0] + 1
        callbacks[0] = number
        callbacks[number] = callback
        return number

    async def trigger_callback(self, sid: str, id: int, data: list[Any]) -> None:  # noqa: A002 - python-socketio's signature
        """Call what waits for an ack; one that nobody waits for is ignored."""
        connection = self.members.get(sid)
        callback = (
            connection.callbacks.pop(id, None) if connection is not None and connection.callbacks and id else None
        )
        if callback is not None:
            result = callback(*data)
            if isawaitable(result):
                await result

    def _drop(self, connection: Connection, room: Room) -> None:
        members = self.rooms[room]
        members.pop(connection, None)
        if not members:
            del self.rooms[room]
        self.fanout.forget(connection, room)
