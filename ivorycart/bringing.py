"""Bringing: who connects as a user, with a session that waits for something, waits as the user from then on.

Pattern: ``note`` is plain and never waits, so a return is not held up by the database; one task asks for all who came
within a tick, by one query, which of their sessions wait at all. Ten thousand who wait for nothing cost fifty queries.
Shutdown: cancel the task. A round that fails keeps those whom it was for; the next run asks for them again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

import structlog

from ivorycart.connections import Connection
from ivorycart.waiting import WaitingRoom
from ivorycart.workers import WorkerState
from models.errors import Refused
from models.identity import OwnerId, owner_of_session

TICK = 0.05
AT_ONCE = 200  # sockets, and so sessions, of one query

log = structlog.get_logger(__name__)


class PlaceBook(Protocol):
    """Where lines are read."""

    async def who_waits(self, owners: Sequence[OwnerId]) -> set[OwnerId]:
        """Return those of the owners who are in any line."""


@dataclass(slots=True)
class Bringing:
    """Makes the places of sessions those of the users who come with them."""

    book: PlaceBook
    room: WaitingRoom
    tick: float = TICK
    _came: dict[str, Connection] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, connection: Connection) -> None:
        """Have the places of a socket's session brought to its user soon, if it has one."""
        if connection.user:
            self._came[connection.sid] = connection
            self._wake.set()

    def forget(self, sid: str) -> None:
        """Forget a socket that has gone."""
        self._came.pop(sid, None)

    async def run(self, state: WorkerState) -> None:
        """Bring until cancelled."""
        if self._came:  # since a run that failed
            self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(self.tick)
            while self._came:
                await self._round()
                state.alive()

    async def _round(self) -> None:
        these = {owner_of_session(each.session): each for each in islice(self._came.values(), AT_ONCE)}
        sids = list(islice(self._came, AT_ONCE))
        for owner in await self.book.who_waits(list(these)):
            await self._bring(these[owner])
        for sid in sids:
            self._came.pop(sid, None)

    async def _bring(self, connection: Connection) -> None:
        if connection.user is None:
            return
        try:
            await self.room.bring(connection.session, connection.user)
        except Refused as refusal:  # the places stay the session's until the user comes the next time
            log.warning("places.not_brought", reason=str(refusal)[:200])
