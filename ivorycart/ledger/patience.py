"""Patience: callers are answered at their deadlines, whatever the database is doing to the batch they are in.

Concurrency: plain methods of one event loop and one timer, for the oldest caller who still waits. All deadlines are
equally far off, so callers are in the order of their deadlines. Shutdown: ``close`` stops the timer.
"""

import asyncio
from collections import deque

from ivorycart.ledger.batch import Entry


class Patience:
    """The callers who wait, oldest first; who has been answered is forgotten as the next one comes."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: deque[Entry] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> tuple[Entry, ...]:
        """Who waits for an answer, oldest first."""
        return tuple(entry for entry in self._waiting if not entry.future.done())

    def add(self, entry: Entry, loop: asyncio.AbstractEventLoop) -> None:
        """Answer somebody at the deadline, unless the ledger does before."""
        while self._waiting and self._waiting[0].future.done():
            self._waiting.popleft()
        self._waiting.append(entry)
        if self._timer is None:
            self._timer = loop.call_at(self._waiting[0].deadline, self._due, loop)

    def _due(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        while self._waiting and (self._waiting[0].future.done() or self._waiting[0].deadline <= loop.time()):
            self._waiting.popleft().give_up()
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0].deadline, self._due, loop)

    def close(self) -> None:
        """Leave those who wait to whoever closes the ledger."""
        self._waiting.clear()
        if self._timer:
            self._timer.cancel()
            self._timer = None
