"""Clients of stock that are cut off and come back, as browsers do, and what they have seen in all that time."""

import asyncio
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import socketio
from socketio.exceptions import SocketIOError

from bench.shop.books import Books
from bench.shop.running import RunningShop
from tests.patience import PATIENCE
from tests.visitor import Visitor

Level = tuple[int, int, int]  # version, stock, held


async def stored(books: Books) -> dict[str, Level]:
    """Return the levels as they are in the database."""
    rows = await books["products"].find().to_list(None)
    return {str(row["_id"]): (row["version"], row["stock"], row["held"]) for row in rows}


@dataclass
class Watcher(Visitor):
    """A client that remembers levels across its connections: of each product the one with the highest version."""

    known: dict[str, Level] = field(default_factory=dict)
    went_back: list[tuple[Level, Level]] = field(default_factory=list)
    caught_up: list[float] = field(default_factory=list)
    """Seconds from each return until it knew all that was in the database when it returned."""

    async def _hear(self, event: str, payload: Any = None) -> None:
        for item in payload["items"] if event in {"stock", "stock:snapshot"} else ():
            level, before = (item["version"], item["stock"], item["held"]), self.known.get(item["id"], (-1, 0, 0))
            if level[0] < before[0]:
                self.went_back.append((before, level))
            else:
                self.known[item["id"]] = level
        await super()._hear(event, payload)

    async def come(self) -> None:
        """Connect, with what was known if it has been here before, as often as it takes."""
        if self.all("welcome"):
            self.auth = {"session": self.session, "since": self.cursor}
        welcomes = len(self.all("welcome"))
        async with asyncio.timeout(PATIENCE):
            while len(self.all("welcome")) == welcomes:
                await self._try(welcomes)

    async def _try(self, welcomes: int) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", self._hear)
        with suppress(SocketIOError):
            await self.client.connect(self.url, transports=["websocket"], auth=self.auth, wait_timeout=10)
            while len(self.all("welcome")) == welcomes and self.client.connected:
                await asyncio.sleep(0.02)
            return
        await self.client.disconnect()
        await asyncio.sleep(0.05)

    async def live(self, books: Books) -> None:
        """Come back whenever it is cut off; to be cancelled."""
        while True:
            if reading := self.client.eio.read_loop_task:
                await asyncio.wait({reading})  # not awaited: what is cancelled here would end the client's reading
            await self.come()
            back, levels = time.monotonic(), await stored(books)
            async with asyncio.timeout(PATIENCE):
                while (behind := self._is_behind(levels)) and self.client.eio.state == "connected":
                    await asyncio.sleep(0.01)
            if not behind:  # else it was cut off again before
                self.caught_up.append(time.monotonic() - back)

    def _is_behind(self, levels: dict[str, Level]) -> bool:
        return any(self.known.get(each, (-1,))[0] < level[0] for each, level in levels.items())

    def cut(self) -> None:
        """Cut its connection, as a network does that goes away."""
        connection = self.client.eio.ws
        wire = connection.get_extra_info("socket") if connection is not None and not connection.closed else None
        if wire is not None:  # it has gone by itself: its process was killed
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)


async def watchers(shop: RunningShop, count: int) -> list[Watcher]:
    """Connect so many, some at a time."""
    found = [Watcher(shop.url) for _ in range(count)]
    for begin in range(0, count, 20):
        await asyncio.gather(*(each.come() for each in found[begin : begin + 20]))
    return found


async def all_equal(crowd: list[Watcher], books: Books) -> None:
    """Wait until every client has exactly the levels of the database; what was asked for last may still come."""
    until = time.monotonic() + PATIENCE
    while True:
        wanted = await stored(books)
        behind = [each for each in crowd if each.known != wanted]
        if not behind:
            return
        if time.monotonic() > until:
            first = [(each.client.connected, each.client.eio.state, each.known) for each in behind[:3]]
            raise AssertionError(f"{len(behind)} differ from {wanted}: {first}")
        await asyncio.sleep(0.05)
