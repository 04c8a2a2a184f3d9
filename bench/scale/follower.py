"""A process that follows the change stream many times over, as so many processes of a shop would.

Each feed is the shop's own: its pipeline, its reads of what events do not carry whole, its translation. Nothing is done
with the changes. They share one client, which takes nothing from the database's side: each has a cursor, a session and
a connection of its own while it waits.
"""

import asyncio
import gc
import time
from collections.abc import Mapping
from typing import Any

import uvloop
from bson import ObjectId

from bench.control import obey, say
from models.feed import LevelChanged
from mongo.driver import Driver
from mongo.stream import ChangeFeed

NOTED = 4  # feeds of which it is noted when they heard what: enough to see how late they are


class Followers:
    """The feeds, and what they hear."""

    def __init__(self) -> None:
        self._driver: Driver | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._changes = 0
        self._heard: list[tuple[str, float]] = []

    async def follow(self, uri: str, database: str, count: int) -> Mapping[str, Any]:
        """Follow so many times over, instead of what was followed before."""
        await self.leave()
        if not count:
            return {}
        self._driver = Driver(uri, "pymongo", maxPoolSize=2 * count + 8)
        stored = self._driver.client[database]
        feeds = [ChangeFeed(self._driver, stored, str(ObjectId())) for _ in range(count)]
        for feed in feeds:
            await feed.open()
        self._tasks = [asyncio.create_task(self._hear(feed, number < NOTED)) for number, feed in enumerate(feeds)]
        return {}

    async def begin(self) -> Mapping[str, Any]:
        """Count anew."""
        self._changes, self._heard = 0, []
        return {}

    async def heard(self) -> Mapping[str, Any]:
        """Return how many changes all feeds heard, and when some of them heard of each cluster time."""
        for task in self._tasks:
            if task.done():
                task.result()
        return {"changes": self._changes, "heard": self._heard}

    async def leave(self) -> Mapping[str, Any]:
        """Follow no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._driver:
            await self._driver.close()
            self._driver = None
        return {}

    async def _hear(self, feed: ChangeFeed, noted: bool) -> None:  # noqa: FBT001 - one of its few
        try:
            async for changes in feed.batches():
                self._changes += len(changes)
                if noted:
                    now = time.monotonic()
                    cursors = dict.fromkeys(each.cursor for each in changes if isinstance(each, LevelChanged))
                    self._heard += [(cursor, now) for cursor in cursors]
        finally:
            await feed.close()


async def main() -> None:
    """Obey until the input ends."""
    followers = Followers()
    gc.disable()
    say({"ready": True})
    try:
        await obey(
            {
                "follow": followers.follow,
                "begin": followers.begin,
                "heard": followers.heard,
                "leave": followers.leave,
            }
        )
    finally:
        await followers.leave()


if __name__ == "__main__":
    uvloop.run(main())
