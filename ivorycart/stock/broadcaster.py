"""The broadcaster: at most one ``stock`` frame per tick, with the latest level of each product that changed.

Pattern: the feed marks products as dirty; one task sends, round by round. The first change after a pause goes out at
once, then the tick rules. A round is bounded: what is over goes with the next, oldest change first. Sockets that watch
certain products are in rooms by what they watch and get frames of their own. Changes of the catalogue go before the
frame of their round, one by one, the latest of each product.

Pace: after a round that took t seconds the pause is t, or a tick if that is longer: so sending takes at most half of
the process. t is the time on the clock, other tasks' turns between the slices included: an upper bound of what sending
cost (the thread's CPU time would contain those turns as well), and one that errs to the right side, since a loop that
is busy with questions should send less. Waiting for the database does not count. A pause ends after a second at most,
so that badges stay fresh though thousands of sockets are slow to write.

Concurrency: ``mark`` is plain and called on the event loop; one task runs ``run``. Should that fail, what it had taken
up is marked again for the next run. Shutdown: cancel ``run``; nothing is lost, since a client that comes back asks by
cursor.

Invariant: no message's cursor covers what is still to be sent. So the last message of a round claims no more than the
time of the first change that still waits, and what goes before it no more than that of the first change taken up
(whoever asks by a cursor gets that very time again).
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from ivorycart.connections import Connections, Outlet
from ivorycart.stock.board import Shown, StockBoard
from ivorycart.stock.slices import Slices
from ivorycart.stock.snapshots import Snapshots, StockPayload
from ivorycart.stock.waiting import Unsent, Waiting
from ivorycart.stock.watches import EVERYTHING, Watch, room_of
from ivorycart.workers import WorkerState
from models.feed import Cursor

TICK = 0.05
LONGEST_PAUSE = 1.0
FRAME_LIMIT = 500
ENTRY_LIMIT = 50


class ReleaseClock(Protocol):
    """Knows when holds end."""

    async def next_releases(self, product_ids: Iterable[str]) -> Mapping[str, datetime]:
        """Return, for each product that carts hold, the earliest end of a hold."""


def pause_after(spent: float, tick: float) -> float:
    """Return how many seconds to pause after a round that took so many."""
    return max(tick, min(spent, LONGEST_PAUSE))


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
        frame_limit: int = FRAME_LIMIT,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._board = board
        self._connections = connections
        self._outlet = outlet
        self._releases = releases
        self._payload = payload
        self._tick = tick
        self._frame_limit = frame_limit
        self._clock = clock
        self._sleep = sleep
        self._levels: Waiting[None] = Waiting()
        self._entries: Waiting[Mapping[str, Any]] = Waiting()
        self._everything = False
        self.rounds = 0
        self.seconds = 0.0
        """How long all rounds together took."""
        self._first_on_its_way: Cursor | None = None
        self._wake = asyncio.Event()
        self.snapshots = Snapshots(board, payload, lambda: self.cursor)

    @property
    def waiting(self) -> int:
        """How many products have a change that no frame has taken up."""
        return len(self._levels) + len(self._entries)

    def mark(self, product_id: str) -> None:
        """Have a product's level sent as soon as there is room in a frame."""
        self._levels.put(product_id, self._board.cursor, None)
        self._wake.set()

    def mark_catalogue(self, product_id: str, payload: Mapping[str, Any]) -> None:
        """Have a catalogue change sent before a frame, to whoever hears of that product."""
        self._entries.put(product_id, self._board.cursor, payload)
        self._wake.set()

    def mark_everything(self) -> None:
        """Have a snapshot sent to all: deltas cannot be given. What waited belongs to another history."""
        self._levels.clear()
        self._entries.clear()
        self._everything = True
        self._wake.set()

    async def run(self, state: WorkerState | None = None) -> None:
        """Send until cancelled; each round that went out is a sign of life."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            spent = await self._send_round()
            if state:
                state.alive()
            await self._sleep(pause_after(spent, self._tick))

    async def _send_round(self) -> float:
        """Send as much as goes into one round; return the seconds it took."""
        began = self._clock()
        everything, self._everything = self._everything, False
        levels, entries = self._levels.take(self._frame_limit), self._entries.take(ENTRY_LIMIT)
        self._first_on_its_way = min((each[0].since for each in (levels, entries) if each), default=None)
        try:
            await self._send(levels, entries)
            self._first_on_its_way = None
            if everything:
                await self._send_snapshots()
            spent = self._clock() - began
            self.rounds += 1
            self.seconds += spent
            await self._learn_releases([each.product_id for each in levels])
        except BaseException:
            if not self._everything:  # else another history has begun meanwhile
                self._levels.put_back(levels)
                self._entries.put_back(entries)
            self._first_on_its_way = None
            self._everything |= everything
            self._wake.set()
            raise
        if self._levels or self._entries:
            self._wake.set()
        return spent

    async def _send(self, levels: Sequence[Unsent[None]], entries: Sequence[Unsent[Mapping[str, Any]]]) -> None:
        """Send what was taken up. Nothing may wait before the levels and the claims are read: they belong together."""
        shown = self._board.shown(each.product_id for each in levels)
        before, after = self.cursor, self._claim_of_the_rest()
        slices = Slices()
        for number, entry in enumerate(entries, start=1):
            is_last = number == len(entries) and not shown
            await self._send_entry(entry, after if is_last else before)
            await slices.breathe()
        if not shown:
            return
        await self._outlet.broadcast("stock", self._payload(after, shown), room=EVERYTHING)
        by_room: dict[str, list[Shown]] = defaultdict(list)
        for each in shown:
            for room in self._connections.watches.rooms_of_product(each.product_id):
                by_room[room].append(each)
            await slices.breathe()
        for room, wanted in by_room.items():
            await self._outlet.broadcast("stock", self._payload(after, wanted), room=room)
            await slices.breathe()

    async def _send_entry(self, entry: Unsent[Mapping[str, Any]], claim: Cursor) -> None:
        payload = {**entry.latest, "cursor": claim}
        for room in (EVERYTHING, *self._connections.watches.rooms_of_product(entry.product_id)):
            await self._outlet.broadcast("product", payload, room=room)

    async def _send_snapshots(self) -> None:
        slices = Slices()
        rooms: list[tuple[str, Watch]] = [(EVERYTHING, None), *self._connections.watches]
        for room, watch in rooms:
            await self._outlet.broadcast("stock:snapshot", {**self.snapshots.of(watch), "gap": True}, room=room)
            await slices.breathe()

    async def _learn_releases(self, product_ids: Iterable[str]) -> None:
        """Ask when the next unit may come back of what is all held; that goes out with the next frame."""
        unknown = [each for each in self._board.all_held(product_ids) if each not in self._board.next_release]
        if not unknown:
            return
        releases = await self._releases.next_releases(unknown)
        # What has changed meanwhile is asked for anew.
        still = {each: at for each, at in releases.items() if each not in self._levels}
        for product_id in self._board.put_releases(still):
            self.mark(product_id)

    async def send_snapshot(self, sid: str) -> None:
        """Send one socket that missed frames the levels of what it watches, or of all products up to the limit."""
        connection = self._connections.get(sid)
        if connection is not None:
            snapshot = {**self.snapshots.of(connection.watch), "gap": True}
            await self._outlet.send("stock:snapshot", snapshot, to=sid)

    async def watch(self, sid: str, product_ids: Watch) -> None:
        """Have a socket hear of certain products only, or of everything."""
        if self._connections.get(sid) is None:
            return
        entered = room_of(product_ids)
        if entered:
            await self._outlet.join(sid, entered)
        # Only now: no frame may pass it by in between.
        before = self._connections.get(sid)
        self._connections.change(sid, watch=product_ids)
        left = room_of(before.watch) if before else None
        if left and left != entered:
            await self._outlet.leave(sid, left)

    def _claim_of_the_rest(self) -> Cursor:
        """Return up to where whoever hears all that was taken up has heard everything."""
        waiting = (each for each in (self._levels.first, self._entries.first) if each is not None)
        return min(waiting, default=self._board.cursor)

    @property
    def cursor(self) -> Cursor:
        """Up to where whoever hears everything has heard everything, but for changes of that very time."""
        rest = self._claim_of_the_rest()
        return rest if self._first_on_its_way is None else min(self._first_on_its_way, rest)
