"""What one process may still do for one key, without asking the database each time.

A process sets some aside at once and uses them up within seconds. They are counted first, and for so much longer as
they may lie here; so in any window no more is done than the limit, whatever the number of processes. What lies here
unused is lost to the others: the next block is twice as large only where the last was used up, and begins at one
again where it was not. Where nothing was left, the database is not asked again before something can be.

Concurrency: one call asks for a block, others that come meanwhile wait for it; what fails, fails for all of them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from models.rate_limit import Grant, Limit

HOLD = 5.0  # seconds


class Counts(Protocol):
    """Where all processes count."""

    async def take(self, key: str, limit: Limit, wanted: int, hold: float) -> Grant:
        """Take one to ``wanted`` of what is left, or none; they count from the end of ``hold`` (seconds) on."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit, and how many of it a process may set aside at once."""

    limit: Limit
    block: int = 1


class Permits:
    """One key's permits in this process; ``clock`` gives monotonic seconds."""

    def __init__(self, key: str, rule: Rule, counts: Counts, clock: Callable[[], float]) -> None:
        self._key, self._rule, self._counts, self._clock = key, rule, counts, clock
        self._here = 0
        self._good_until = self._closed_until = 0.0
        self._size = 1
        self._left = rule.limit.amount
        self._opens_at = 0.0
        self._asking: asyncio.Future[Exception | None] | None = None
        self._callers = 0

    @property
    def idle(self) -> bool:
        """Whether nothing would be lost by forgetting this."""
        now = self._clock()
        return not self._callers and now >= self._closed_until and (not self._here or now >= self._good_until)

    @property
    def left(self) -> int:
        """How many are left, as far as this process knows."""
        return self._left + self._here

    @property
    def opens_in(self) -> float:
        """Seconds until the next are free again."""
        return max(0.0, self._opens_at - self._clock())

    async def take(self) -> bool:
        """Take one; return whether there was one. Raises what the counts raise."""
        self._callers += 1
        try:
            return await (self._take_one() if self._rule.block == 1 else self._take_of_block())
        finally:
            self._callers -= 1

    async def _take_one(self) -> bool:
        return self._clock() >= self._closed_until and await self._ask(1) > 0

    async def _take_of_block(self) -> bool:
        while True:
            now = self._clock()
            if self._here and now < self._good_until:
                self._here -= 1
                return True
            if now < self._closed_until:
                return False
            if self._asking is None:
                return await self._open_block(now)
            failure = await asyncio.shield(self._asking)
            if failure is not None:
                raise failure

    async def _open_block(self, now: float) -> bool:
        """Ask for the next block, keep what this call does not need, and tell those who wait how it went."""
        self._size = min(self._rule.block, 2 * self._size) if now < self._good_until else 1
        self._here = 0
        asking = self._asking = asyncio.get_running_loop().create_future()
        failure: Exception | None = None
        try:
            granted = await self._ask(self._size)
            self._here = max(0, granted - 1)
            self._good_until = now + HOLD
        except Exception as error:
            failure = error
            raise
        else:
            return granted > 0
        finally:
            self._asking = None
            asking.set_result(failure)

    async def _ask(self, wanted: int) -> int:
        now = self._clock()  # before asking, so that nothing is held here for longer than it is counted
        grant = await self._counts.take(self._key, self._rule.limit, wanted, HOLD if wanted > 1 else 0.0)
        self._left, self._opens_at = grant.left, now + grant.opens_in
        if not grant.granted:
            self._closed_until = self._opens_at
        return grant.granted
