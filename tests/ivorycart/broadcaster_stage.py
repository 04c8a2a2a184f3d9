"""A broadcaster with its board, and fakes for what it works with."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from ivorycart.connections import Connection, Connections
from ivorycart.stock.board import Shown, StockBoard
from ivorycart.stock.broadcaster import FRAME_LIMIT, Broadcaster
from ivorycart.stock.watches import EVERYTHING
from models.feed import CatalogueChanged, Cursor, LevelChanged, Snapshot
from models.stock import Level, Product

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SHOWN = Product("tea", "Tea", 500, "EUR", "seller", 3, 10, for_sale=True)
NEVER_AGAIN = 3600.0  # a tick that no test waits for


class Broken(Exception):
    """Something the broadcaster works with failed."""


def payload(cursor: Cursor, shown: Iterable[Shown]) -> Mapping[str, Any]:
    """Show a frame in few words."""
    items = {each.product_id: [each.level.version, each.next_release] for each in shown}
    return {"cursor": cursor, "items": items}


@dataclass
class Outlet:
    """Keeps what was sent, and waits or fails as it is told."""

    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    rooms: set[tuple[str, str]] = field(default_factory=set)
    failures: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    on_join: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        """Let everything through at first."""
        self.gate.set()

    async def send(self, event: str, payload: Mapping[str, Any], *, to: str) -> None:
        """Send to one socket."""
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise Broken
        self.sent.append((event, to, orjson.loads(orjson.dumps(payload))))

    async def broadcast(self, event: str, payload: Mapping[str, Any], *, room: str) -> None:
        """Send to a room."""
        await self.send(event, payload, to=room)

    async def join(self, sid: str, room: str) -> None:
        """Enter a room."""
        self.on_join()
        self.rooms.add((sid, room))

    async def leave(self, sid: str, room: str) -> None:
        """Leave a room."""
        self.rooms.discard((sid, room))

    @property
    def frames(self) -> list[Any]:
        """What went to all, in order."""
        return [payload["items"] for event, to, payload in self.sent if (event, to) == ("stock", EVERYTHING)]


@dataclass
class Releases:
    """Knows when holds end; answers, waits or fails as it is told."""

    at: dict[str, datetime] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    failures: int = 0
    before_answer: Callable[[], None] = lambda: None

    async def next_releases(self, product_ids: Iterable[str]) -> Mapping[str, datetime]:
        """Answer."""
        self.asked.append(list(product_ids))
        if self.failures:
            self.failures -= 1
            raise Broken
        answer = {each: self.at[each] for each in self.asked[-1] if each in self.at}
        self.before_answer()
        return answer


class Stage:
    """A broadcaster with its board and fakes around it."""

    def __init__(
        self, tick: float = 0.0, products: Iterable[str] = ("tea", "cup", "pot"), frame_limit: int = FRAME_LIMIT
    ) -> None:
        self.board = StockBoard()
        start = [(replace(SHOWN, id=each), Level(10, 0, 1, 0)) for each in products]
        self.board.start(Snapshot(Cursor(f"{1:016x}"), start))
        self.connections = Connections()
        self.outlet = Outlet()
        self.releases = Releases()
        self.now = 0.0  # what the broadcaster's clock shows; it stands still unless a test moves it
        self.pauses: list[float] = []
        self.broadcaster = Broadcaster(
            self.board,
            self.connections,
            self.outlet,
            self.releases,
            payload,
            tick=tick,
            frame_limit=frame_limit,
            clock=lambda: self.now,
            sleep=self._sleep,
        )
        self.time = 10

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if seconds >= NEVER_AGAIN:
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    def move(self, product_id: str, **parts: int) -> None:
        """Let the feed take in a movement."""
        self.time += 1
        version = self.board.levels[product_id].version + 1
        parts = {"stock": None, "held": None, "arming": None, **parts}
        change = LevelChanged(Cursor(f"{self.time:016x}"), product_id, version=version, **parts)
        if self.board.apply_level(change):
            self.broadcaster.mark(product_id)

    async def joins(self, sid: str, watch: Iterable[str] | None = None) -> None:
        """Let a socket in."""
        wanted = None if watch is None else frozenset(watch)
        self.connections.add(Connection(sid, f"session of {sid}", watch=wanted))
        await self.broadcaster.watch(sid, wanted)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run the broadcaster."""
        task = asyncio.create_task(self.broadcaster.run())
        await settle()
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(50):
        await asyncio.sleep(0)


def sells(stage: Stage, product_id: str) -> str:
    """Let the feed take in the end of a catalogue entry; return its cursor."""
    stage.time += 1
    cursor = Cursor(f"{stage.time:016x}")
    stage.board.apply_catalogue(CatalogueChanged(cursor, product_id, "updated", None))
    stage.broadcaster.mark_catalogue(product_id, {"items": []})
    return cursor
