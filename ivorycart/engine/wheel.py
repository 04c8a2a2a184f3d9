"""The one timer of a server: every deadline of every connection, in buckets of a twentieth of a second.

Pattern: an entry stands in at most one bucket, the earliest at which it may have something to do. Then it is asked
(`due`), does what is due and says when to ask again. Putting off a deadline costs nothing: the entry is merely asked
once in vain.

Concurrency: in the event loop's thread; nothing waits. A timer of the loop is set only while there are entries, so
there is nothing to start, and nothing to stop once the last entry is gone.
"""

import asyncio
import heapq
from typing import Protocol

TICK = 0.05  # seconds: how late, at most, a deadline is noticed
_SLACK = 0.002  # seconds: loops with timers of whole milliseconds call half of one too early


class Entry(Protocol):
    """Something with deadlines; `bucket` belongs to the wheel (0: in none)."""

    bucket: int

    def due(self, now: float) -> float | None:
        """Do what is due at `now`; return when to ask again, None for never."""


class Wheel:
    """Asks each entry when its time has come; times are those of the event loop's clock."""

    def __init__(self, tick: float = TICK) -> None:
        self._tick = tick
        self._buckets: dict[int, set[Entry]] = {}
        self._order: list[int] = []  # a heap of the buckets' numbers
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0
        self._entries = 0

    def __len__(self) -> int:
        """Count the entries."""
        return self._entries

    def put(self, entry: Entry, when: float) -> None:
        """Have the entry asked at `when`, or before that if it already stands earlier."""
        bucket = int(when / self._tick) + 1
        if entry.bucket:
            if entry.bucket <= bucket:
                return
            self.remove(entry)
        entry.bucket = bucket
        members = self._buckets.get(bucket)
        if members is None:
            members = self._buckets[bucket] = set()
            heapq.heappush(self._order, bucket)
            self._arm()
        members.add(entry)
        self._entries += 1

    def remove(self, entry: Entry) -> None:
        """Forget the entry."""
        if entry.bucket:
            self._buckets[entry.bucket].discard(entry)
            entry.bucket = 0
            self._entries -= 1
            if self._entries == 0:
                self._rest()

    def _arm(self) -> None:
        first = self._order[0]
        if self._timer is not None:
            if self._armed_for <= first:
                return
            self._timer.cancel()
        self._armed_for = first
        self._timer = asyncio.get_running_loop().call_at(first * self._tick + _SLACK, self._turn)

    def _rest(self) -> None:
        self._buckets.clear()
        self._order.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        current = int(now / self._tick)
        while self._order and self._order[0] <= current:
            entries = self._buckets.pop(heapq.heappop(self._order))
            self._entries -= len(entries)
            for entry in entries:
                entry.bucket = 0
            for entry in entries:
                again = entry.due(now)
                if again is not None:
                    self.put(entry, again)
        if self._order:
            self._arm()
