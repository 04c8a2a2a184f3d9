"""Slices: a long piece of work on the event loop lets everything else run every few milliseconds."""

import asyncio
import time
from collections.abc import Callable

SLICE = 0.004


class Slices:
    """The clock of one piece of work; ``seconds`` is how long it may hold the loop at a stretch."""

    def __init__(self, seconds: float = SLICE, clock: Callable[[], float] = time.perf_counter) -> None:
        self._seconds = seconds
        self._clock = clock
        self._began = clock()

    async def breathe(self) -> None:
        """Let others run if the slice is used up."""
        if self._clock() - self._began >= self._seconds:
            await asyncio.sleep(0)
            self._began = self._clock()
