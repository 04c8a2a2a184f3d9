"""Sockets that come back whenever they are sent away, as browsers do, and keep count of it."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ivorycart.load.client import SocketIOClient

AT_ONCE = 100
LOOK = 0.05
WITHIN = 1.0  # seconds in which one that was sent away comes again


@dataclass
class Returning:
    """So many sockets on one address; one is back once it is welcomed.

    A level that goes back, against the versions, is noted in ``regressed``.
    """

    url: str
    count: int
    came: int = 0
    resumed: int = 0
    regressed: list[Any] = field(default_factory=list)
    longest: float = 0.0  # seconds from the end of a connection until its socket was back
    _here: set[int] = field(default_factory=set)
    _levels: list[dict[str, Any]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def back(self) -> int:
        """How often a socket came again."""
        return self.came - self.count

    async def all_here(self, *, came: int = 0) -> None:
        """Wait until all are connected, and have come so often in all."""
        async with self._news:
            await self._news.wait_for(lambda: len(self._here) == self.count and self.came >= came)

    def behind(self, levels: dict[str, Any]) -> list[int]:
        """Return the sockets that know an older level of a product than these versions."""
        old = (any(mine.get(each, -1) < version for each, version in levels.items()) for mine in self._levels)
        return [number for number, is_old in enumerate(old) if is_old]

    async def keep(self) -> None:
        """Connect all and keep them connected until cancelled."""
        self._levels = [{} for _ in range(self.count)]
        gate = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._keep(number, gate) for number in range(self.count)))

    async def _keep(self, number: int, gate: asyncio.Semaphore) -> None:
        known: dict[str, Any] = {}
        left = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            closed, told = asyncio.Event(), asyncio.Event()
            ended = partial(_set, closed, told)

            def heard(
                _client: SocketIOClient, event: str, payload: Any, _at: float, told: asyncio.Event = told
            ) -> None:
                self._hear(number, known, event, payload)
                if event == "welcome":
                    told.set()

            client = None
            try:
                async with gate:
                    client = await SocketIOClient.connect(
                        self.url, known, on_event=heard, on_close=ended, offer_deflate=False
                    )
                await told.wait()
                if not closed.is_set():
                    self.longest = max(self.longest, clock() - left if left else 0.0)
                    await self._note(number, here=True)
                    await closed.wait()
            except (OSError, TimeoutError):
                closed.set()
            finally:
                if client:
                    client.close()
            if number in self._here:
                left = clock()
                await self._note(number, here=False)
            await asyncio.sleep(random.random() * WITHIN)

    def _hear(self, number: int, known: dict[str, Any], event: str, payload: Any) -> None:
        if event == "welcome":
            self.resumed += bool(payload["resumed"])
            known["session"] = payload["session"]
        if event not in {"stock", "stock:snapshot"}:
            return
        known["since"] = payload["cursor"]
        mine = self._levels[number]
        for item in payload["items"]:
            if event == "stock:snapshot" and item["version"] < mine.get(item["id"], 0):
                self.regressed.append(item)
            mine[item["id"]] = max(mine.get(item["id"], 0), item["version"])

    async def _note(self, number: int, *, here: bool) -> None:
        async with self._news:
            (self._here.add if here else self._here.discard)(number)
            self.came += here
            self._news.notify_all()


def _set(closed: asyncio.Event, told: asyncio.Event, *_: object) -> None:
    closed.set()
    told.set()


@asynccontextmanager
async def returning(url: str, count: int) -> AsyncIterator[Returning]:
    """Keep so many sockets connected to an address."""
    sockets = Returning(url, count)
    keeping = asyncio.create_task(sockets.keep(), name="returning sockets")
    try:
        yield sockets
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def all_know(sockets: Returning, levels: dict[str, Any], within: float) -> Sequence[int]:
    """Wait until every socket knows these versions; return those that do not in time."""
    for _ in range(int(within / LOOK)):
        if not (behind := sockets.behind(levels)):
            break
        await asyncio.sleep(LOOK)
    return behind
