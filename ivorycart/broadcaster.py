"""The broadcaster: at most one ``stock`` frame per tick, with the latest level of each product that changed.

Pattern: the feed marks products as dirty; one task sends. The first change after a pause goes out at once, then the
tick rules. Sockets that watch certain products get a frame of their own with only those. Changes of the catalogue
go before the frame of their tick, one by one.

Concurrency: ``mark`` is plain and called on the event loop; one task runs ``run``. Should that fail, what it had taken
up is marked again for the next run. Shutdown: cancel ``run``; nothing is lost, since a client that comes back asks by
cursor.

Invariant: no message's cursor covers what is still to be sent. So each frame takes up all that is dirty and comes last
in its tick; what goes before it claims no more than the time of the first change that waits (whoever asks by a cursor
gets that very time again).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from ivorycart.board import Shown, StockBoard
from ivorycart.connections import Connections, Outlet
from ivorycart.workers import WorkerState
from models.feed import Cursor

TICK = 0.05
EVERYTHING = "stock:all"

StockPayload = Callable[[Cursor, Iterable[Shown]], Mapping[str, Any]]


class ReleaseClock(Protocol):
    """Knows when holds end."""

    async def next_releases(self, product_ids: Iterable[str]) -> Mapping[str, datetime]:
        """Return, for each product that carts hold, the earliest end of a hold."""


class _Entry(NamedTuple):
    """A catalogue change that waits for its tick."""

    product_id: str
    payload: Mapping[str, Any]


class Broadcaster:
    """Turns dirty products into frames."""

    def __init__(
        self,
        board: StockBoard,
        connections: Connections,
        outlet: Outlet,
        releases: ReleaseClock,
        payload: StockPayload,
        *,
        tick: float = TICK,
    ) -> None:
        self._board = board
        self._connections = connections
        self._outlet = outlet
        self._releases = releases
        self._payload = payload
        self._tick = tick
        self._dirty: dict[str, None] = {}
        self._everything = False
        self._catalogue: deque[_Entry] = deque()
        self._first_waiting: Cursor | None = None
        self._first_on_its_way: Cursor | None = None
        self._wake = asyncio.Event()

    def mark(self, product_id: str) -> None:
        """Have a product's level sent with the next frame."""
        self._dirty[product_id] = None
        self._note()

    def mark_catalogue(self, product_id: str, payload: Mapping[str, Any]) -> None:
        """Have a catalogue change sent before the next frame, to whoever hears of that product."""
        self._catalogue.append(_Entry(product_id, payload))
        self._note()

    def mark_everything(self) -> None:
        """Have a snapshot sent to all: deltas cannot be given."""
        self._everything = True
        self._wake.set()

    async def run(self, state: WorkerState | None = None) -> None:
        """Send frames until cancelled; each that went out is a sign of life."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._send_all()
            if state:
                state.alive()
            await asyncio.sleep(self._tick)

    def _note(self) -> None:
        if self._first_waiting is None:
            self._first_waiting = self._board.cursor
        self._wake.set()

    async def _send_all(self) -> None:
        everything, self._everything = self._everything, False
        dirty, self._dirty = self._dirty, {}
        first, self._first_waiting = self._first_waiting, None
        self._first_on_its_way = first
        cursor, shown, changes = self._board.cursor, self._board.shown(dirty), len(self._catalogue)
        try:
            await self._send_catalogue(changes, first or cursor, cursor if not shown else None)
            await self._send(cursor, shown)
            self._first_on_its_way = None
            if everything:
                await self._send_snapshots()
            await self._learn_releases(dirty)
        except BaseException:
            self._everything |= everything
            self._dirty = dirty | self._dirty
            self._first_waiting = first or self._first_waiting
            self._wake.set()
            raise

    async def _learn_releases(self, product_ids: Iterable[str]) -> None:
        """Ask when the next unit may come back of what is all held; that goes out with the next frame."""
        unknown = [each for each in self._board.all_held(product_ids) if each not in self._board.next_release]
        if not unknown:
            return
        releases = await self._releases.next_releases(unknown)
        # What has changed meanwhile is asked for anew.
        still = {each: at for each, at in releases.items() if each not in self._dirty}
        for product_id in self._board.put_releases(still):
            self.mark(product_id)

    async def _send(self, cursor: Cursor, shown: Sequence[Shown]) -> None:
        if not shown:
            return
        await self._outlet.broadcast("stock", self._payload(cursor, shown), room=EVERYTHING)
        for watcher in self._connections.watchers():
            wanted = [each for each in shown if each.product_id in (watcher.watch or ())]
            if wanted:
                await self._outlet.send("stock", self._payload(cursor, wanted), to=watcher.sid)

    async def _send_snapshots(self) -> None:
        await self._outlet.broadcast("stock:snapshot", self.payload_of(self._board.snapshot_ids()), room=EVERYTHING)
        for watcher in self._connections.watchers():
            if watcher.watch:
                await self.send_snapshot(watcher.sid)

    async def send_snapshot(self, sid: str) -> None:
        """Send one socket the levels of what it watches, or of all products up to the limit."""
        connection = self._connections.get(sid)
        if connection is None:
            return
        ids = connection.watch if connection.watch is not None else self._board.snapshot_ids()
        await self._outlet.send("stock:snapshot", self.payload_of(ids), to=sid)

    async def watch(self, sid: str, product_ids: frozenset[str] | None) -> None:
        """Have a socket hear of certain products only, or of everything."""
        if product_ids is None:
            await self._outlet.join(sid, EVERYTHING)
            self._connections.change(sid, watch=None)  # only now: no frame may pass it by in between
        else:
            self._connections.change(sid, watch=product_ids)
            await self._outlet.leave(sid, EVERYTHING)

    async def _send_catalogue(self, number: int, claim: Cursor, last_claim: Cursor | None) -> None:
        """Send the first so many changes; where no frame follows, the last of them claims what that would have."""
        for left in range(number, 0, -1):
            change = self._catalogue[0]
            payload = {**change.payload, "cursor": last_claim if left == 1 and last_claim else claim}
            await self._outlet.broadcast("product", payload, room=EVERYTHING)
            for watcher in self._connections.watchers():
                if change.product_id in (watcher.watch or ()):
                    await self._outlet.send("product", payload, to=watcher.sid)
            self._catalogue.popleft()

    @property
    def cursor(self) -> Cursor:
        """Up to where whoever hears everything has heard everything, but for changes of that very time."""
        waiting = (each for each in (self._first_on_its_way, self._first_waiting) if each is not None)
        return min(waiting, default=self._board.cursor)

    def payload_of(self, product_ids: Iterable[str]) -> Mapping[str, Any]:
        """Return the present levels of these products in the shape of a frame."""
        return self._payload(self.cursor, self._board.shown(product_ids))
