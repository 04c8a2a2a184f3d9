"""Who watches what: sockets that watch the same products share a room, and a product knows the rooms that it concerns.

So a frame costs what the interested ones cost, whatever the number of those who watch something else, and is built
once for all who watch the same.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

EVERYTHING = "stock:all"

Watch = frozenset[str] | None


def room_of(watch: Watch) -> str | None:
    """Return the room of those who watch just this; None is everything, and nothing at all needs no room."""
    if watch is None:
        return EVERYTHING
    if not watch:
        return None
    return f"stock:{blake2b(','.join(sorted(watch)).encode(), digest_size=16).hexdigest()}"


@dataclass(slots=True)
class Watches:
    """The rooms of this process's sockets that narrowed what they hear of."""

    _room_of_sid: dict[str, str] = field(default_factory=dict)
    _members: dict[str, set[str]] = field(default_factory=dict)
    _watch_of_room: dict[str, frozenset[str]] = field(default_factory=dict)
    _rooms_of_product: dict[str, set[str]] = field(default_factory=dict)

    def add(self, sid: str, watch: frozenset[str]) -> frozenset[str]:
        """Note what a socket watches; return it as the room keeps it, so that equal lists are in memory once."""
        room = room_of(watch)
        if room is None:
            return watch
        self._room_of_sid[sid] = room
        if room not in self._members:
            self._members[room] = set()
            self._watch_of_room[room] = watch
            for product_id in watch:
                self._rooms_of_product.setdefault(product_id, set()).add(room)
        self._members[room].add(sid)
        return self._watch_of_room[room]

    def remove(self, sid: str) -> None:
        """Forget a socket, and its room if it was the last in it."""
        room = self._room_of_sid.pop(sid, None)
        if room is None:
            return
        self._members[room].discard(sid)
        if self._members[room]:
            return
        del self._members[room]
        for product_id in self._watch_of_room.pop(room):
            rooms = self._rooms_of_product[product_id]
            rooms.discard(room)
            if not rooms:
                del self._rooms_of_product[product_id]

    def rooms_of_product(self, product_id: str) -> Collection[str]:
        """Return the rooms that a product concerns."""
        return self._rooms_of_product.get(product_id, ())

    def __iter__(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Go through the rooms as they are now, each with what is watched there."""
        return iter(tuple(self._watch_of_room.items()))
