"""Pace: how fast a burst of mails is sent, so that whoever buys meanwhile does not notice.

A mail costs a millisecond or two of the process that also takes orders. So no two are begun closer together than a few
milliseconds, and further apart the later the event loop wakes whoever sleeps: that is how busy it is with others.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

SHORTEST = 0.004  # seconds between two beginnings where nothing else is going on: up to 250 mails a second
LONGEST = 0.02  # however busy it is, so many mails go out: 50 a second
COURTESY = 4.0  # seconds of waiting for each by which the loop was late


@dataclass(slots=True)
class Pace:
    """Lets one begin after the other. Concurrency: one event loop, any number that wait."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    gap: float = SHORTEST
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def wait(self) -> None:
        """Wait for one's turn."""
        async with self._turn:
            began = self.clock()
            await self.sleep(self.gap)
            late = max(0.0, self.clock() - began - self.gap)
            self.gap = min(LONGEST, SHORTEST + COURTESY * late)
