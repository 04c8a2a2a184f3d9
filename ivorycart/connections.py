"""Who is connected to this process: sockets by owner, and what each of them watches."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ivorycart.stock.watches import Watches
from models.identity import OwnerId, owner_of_session, owner_of_user


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in person, as their token says; ``expires_at`` in seconds of the epoch."""

    id: str
    email: str
    name: str
    role: str
    expires_at: float
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """One socket. ``watch`` is what it wants to hear of; None is everything.

    ``owner`` is whose cart it works on: the user's, or else the anonymous session's; ``address`` is the network's.
    """

    sid: str
    session: str
    user: User | None = None
    watch: frozenset[str] | None = None
    address: str = "unknown"
    owner: OwnerId = field(init=False)

    def __post_init__(self) -> None:
        owner = owner_of_user(self.user.id) if self.user else owner_of_session(self.session)
        object.__setattr__(self, "owner", owner)  # once: it is a digest, and every event asks for it


class Outlet(Protocol):
    """Where events go. Sending to a socket that has gone is not an error."""

    async def send(self, event: str, payload: Mapping[str, Any], *, to: str) -> None:
        """Send to one socket."""

    async def broadcast(self, event: str, payload: Mapping[str, Any], *, room: str) -> None:
        """Send the same to every socket of a room."""

    async def join(self, sid: str, room: str) -> None:
        """Put a socket into a room."""

    async def leave(self, sid: str, room: str) -> None:
        """Take a socket out of a room."""


@dataclass(slots=True)
class Connections:
    """The sockets of this process."""

    _by_sid: dict[str, Connection] = field(default_factory=dict)
    _by_owner: dict[OwnerId, set[str]] = field(default_factory=lambda: defaultdict(set))
    watches: Watches = field(default_factory=Watches)

    def __len__(self) -> int:
        """Count the sockets."""
        return len(self._by_sid)

    def __iter__(self) -> Iterator[Connection]:
        """Go through the sockets as they are now."""
        return iter(tuple(self._by_sid.values()))

    def add(self, connection: Connection) -> None:
        """Take in a socket."""
        if connection.watch is not None:
            connection = replace(connection, watch=self.watches.add(connection.sid, connection.watch))
        self._by_sid[connection.sid] = connection
        self._by_owner[connection.owner].add(connection.sid)

    def remove(self, sid: str) -> None:
        """Forget a socket."""
        connection = self._by_sid.pop(sid, None)
        if connection:
            owned = self._by_owner[connection.owner]
            owned.discard(sid)
            if not owned:
                del self._by_owner[connection.owner]
            self.watches.remove(sid)

    def get(self, sid: str) -> Connection | None:
        """Return a socket's connection, if it is still there."""
        return self._by_sid.get(sid)

    def change(self, sid: str, **changes: Any) -> Connection | None:
        """Give a socket another user or watch list."""
        connection = self._by_sid.get(sid)
        if connection is None:
            return None
        self.remove(sid)
        changed = replace(connection, **changes)
        self.add(changed)
        return changed

    def of_owner(self, owner: OwnerId) -> Iterable[Connection]:
        """Return the sockets of one owner; one whose token has run out hears nothing more of its user."""
        found = (self._by_sid[sid] for sid in self._by_owner.get(owner, ()))
        return [each for each in found if each.user is None or each.user.expires_at > time.time()]
