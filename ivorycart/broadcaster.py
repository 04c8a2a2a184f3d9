"""The broadcaster: at most one ``stock`` frame per tick, with the latest level of each product that changed.

Pattern: the feed marks products as dirty; one task sends. The first change after a pause goes out at once, then the
tick rules. Sockets that watch certain products get a frame of their own with only those.

Concurrency: ``mark`` is plain and called on the event loop; one task runs ``run``. Should that fail, what it had taken
up is marked again for the next run. Shutdown: cancel ``run``; nothing is lost, since a client that comes back asks by
cursor.

Invariant: a frame's cursor covers nothing that is still to be sent, so each frame takes up all that is dirty.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from ivorycart.board import Shown, StockBoard
from ivorycart.connections import Connections, Outlet
from models.feed import Cursor

TICK = 0.05
EVERYTHING = "stock:all"

StockPayload = Callable[[Cursor, Iterable[Shown]], Mapping[str, Any]]


class ReleaseClock(Protocol):
    """Knows when holds end."""

    async def next_releases(self, product_ids: Iterable[str]) -> Mapping[str, datetime]:
        """Return, for each product that carts hold, the earliest end of a hold."""


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
        self._wake = asyncio.Event()

    def mark(self, product_id: str) -> None:
        """Have a product's level sent with the next frame."""
        self._dirty[product_id] = None
        self._wake.set()

    def mark_everything(self) -> None:
        """Have a snapshot sent to all: deltas cannot be given."""
        self._everything = True
        self._wake.set()

    async def run(self) -> None:
        """Send frames until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._send_all()
            await asyncio.sleep(self._tick)

    async def _send_all(self) -> None:
        everything, self._everything = self._everything, False
        dirty, self._dirty = self._dirty, {}
        try:
            if everything:
                await self._send_snapshots()
            await self._send(dirty)
            await self._learn_releases(dirty)
        except BaseException:
            self._everything |= everything
            self._dirty = dirty | self._dirty
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

    async def _send(self, product_ids: Iterable[str]) -> None:
        shown = self._board.shown(product_ids)
        if not shown:
            return
        cursor = self._board.cursor
        await self._outlet.broadcast("stock", self._payload(cursor, shown), room=EVERYTHING)
        for watcher in self._connections.watchers():
            wanted = [each for each in shown if each.product_id in (watcher.watch or ())]
            if wanted:
                await self._outlet.send("stock", self._payload(cursor, wanted), to=watcher.sid)

    async def _send_snapshots(self) -> None:
        await self._outlet.broadcast("stock:snapshot", self.payload_of(self._board.snapshot_ids()), room=EVERYTHING)
        for watcher in self._connections.watchers():
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

    async def send_catalogue(self, product_id: str, payload: Mapping[str, Any]) -> None:
        """Send a catalogue change to whoever hears of that product."""
        await self._outlet.broadcast("product", payload, room=EVERYTHING)
        for watcher in self._connections.watchers():
            if product_id in (watcher.watch or ()):
                await self._outlet.send("product", payload, to=watcher.sid)

    def payload_of(self, product_ids: Iterable[str]) -> Mapping[str, Any]:
        """Return the present levels of these products in the shape of a frame."""
        return self._payload(self._board.cursor, self._board.shown(product_ids))
