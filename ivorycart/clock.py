"""The database's time, kept in this process: what is shown of a moment agrees with what is charged at that moment.

Pattern: asked at the start and every few seconds; in between, this process's monotonic clock goes on, which nobody
sets. An answer counts from the moment of the question, and of a few questions the one that was answered soonest counts:
so the clock is ahead by no more than that, and what has begun for the database has begun here. A database that takes
its time changes nothing of what is known. Before the first answer the time is this machine's.
Concurrency: one task asks; ``now`` is plain. Shutdown: cancel ``run``.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ivorycart.workers import WorkerState

INTERVAL = 10.0  # seconds, in which two clocks part by a millisecond at the most
QUESTIONS = 3
SOON = 0.1  # seconds


class TimeBook(Protocol):
    """Whose time it is."""

    async def now(self) -> datetime:
        """Return the database's time."""


class Clock:
    """Tells the database's time."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._at, self._since, self._learnt = datetime.now(UTC), monotonic(), False

    def now(self) -> datetime:
        """Return the time."""
        return self._at + timedelta(seconds=self._monotonic() - self._since)

    async def learn(self, book: TimeBook) -> None:
        """Ask for the time."""
        answers = []
        for _ in range(QUESTIONS):
            asked = self._monotonic()
            at = await book.now()
            answers.append((self._monotonic() - asked, asked, at))
        took, asked, at = min(answers)
        if took < SOON or not self._learnt:
            self._at, self._since, self._learnt = at, asked, True

    async def run(self, book: TimeBook, state: WorkerState) -> None:
        """Ask again and again until cancelled."""
        while True:
            await self.learn(book)
            state.alive()
            await asyncio.sleep(INTERVAL)
