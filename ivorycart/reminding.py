"""Reminding: what owners have not seen is repeated to the sockets that come (back), many owners by one query.

Pattern: `remind` notes a socket and never waits, so a return is not held up by the database; one task asks for all who
came within a tick. It knows who has anything unseen at all: ten thousand who have nothing cost no query.
Memory: a socket is noted once, and forgotten when it goes.
Shutdown: cancel the task. A round that fails keeps those whom it was for; the next run asks for them again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from ivorycart.connections import Connection
from ivorycart.stock.slices import Slices
from ivorycart.workers import WorkerState
from models.identity import OwnerId
from models.notification import Notification

TICK = 0.05
AT_ONCE = 200  # sockets, and so owners, of one query


class UnseenBook(Protocol):
    """Where it is kept what owners have not seen."""

    async def owners_with_unseen(self) -> Iterable[OwnerId]:
        """Return everybody who has something unseen."""

    async def unseen_of(self, owners: Sequence[OwnerId]) -> Mapping[OwnerId, Sequence[Notification]]:
        """Return what these have not seen, oldest first; who has seen everything may be missing."""


Tell = Callable[[Connection, Notification], Awaitable[None]]


@dataclass(slots=True)
class Reminding:
    """Repeats to sockets what their owners have not seen."""

    book: UnseenBook
    tell: Tell
    tick: float = TICK
    _with_unseen: set[OwnerId] = field(default_factory=set)
    _fresh: set[OwnerId] = field(default_factory=set)  # who was told something while the book was read
    _waiting: dict[str, Connection] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        """Learn who has something unseen."""
        self._with_unseen = set(await self.book.owners_with_unseen())

    def note(self, owner: OwnerId) -> None:
        """Note that there is something new for an owner, unseen as yet."""
        self._with_unseen.add(owner)
        self._fresh.add(owner)

    def remind(self, connection: Connection) -> None:
        """Have a socket told soon what its owner has not seen, if there is anything."""
        if connection.owner in self._with_unseen:
            self._waiting[connection.sid] = connection
            self._wake.set()

    def forget(self, sid: str) -> None:
        """Forget a socket that has gone."""
        self._waiting.pop(sid, None)

    async def run(self, state: WorkerState) -> None:
        """Remind those who wait until cancelled."""
        if self._waiting:  # since a run that failed
            self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(self.tick)
            while self._waiting:
                await self._round()
                state.alive()

    async def _round(self) -> None:
        """Remind some of those who wait; they wait until it is done."""
        these = list(islice(self._waiting.values(), AT_ONCE))
        owners = list({connection.owner for connection in these})
        self._fresh.clear()
        unseen = await self.book.unseen_of(owners)
        self._with_unseen -= {owner for owner in owners if not unseen.get(owner)} - self._fresh
        slices = Slices()
        for connection in these:
            if self._waiting.get(connection.sid) is not connection:
                continue  # it has gone, or signed in, meanwhile
            del self._waiting[connection.sid]
            for notification in unseen.get(connection.owner, ()):
                await self.tell(connection, notification)
                await slices.breathe()
