"""Tells the other processes when this one's ledger is held up by them again and again.

Concurrency: one task runs ``run``; ``held_up`` may be called at any time and never waits. Shutdown: cancel it. What it
says may be lost: it is said again while it is so.
"""

import asyncio
from typing import Protocol

from ivorycart.workers import WorkerState

PAUSE = 0.1  # seconds between two times that it is said: less than it is heeded for, so that it goes on


class TurnStore(Protocol):
    """Where it is said."""

    async def want(self) -> None:
        """Say that this process's ledger is held up."""


class TurnTaking:
    """Says what the ledger notes."""

    def __init__(self, store: TurnStore) -> None:
        self._store = store
        self._held_up = asyncio.Event()

    def held_up(self) -> None:
        """Note that the ledger was held up once more."""
        self._held_up.set()

    async def run(self, state: WorkerState) -> None:
        """Say it until cancelled."""
        while True:
            await self._held_up.wait()
            self._held_up.clear()
            await self._store.want()
            state.alive()
            await asyncio.sleep(PAUSE)
