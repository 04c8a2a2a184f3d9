"""What a process costs its machine, and how late its event loop is."""

import asyncio
import os
import socket
import time
from collections import deque
from typing import Any

import psutil

from ivorycart.workers import WorkerState

STEP = 0.25  # seconds between two looks at the clock
WINDOW = 40  # looks: ten seconds


class LoopLag:
    """Measures how much later than asked for the event loop wakes a sleeper: what everybody else waits as well."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=WINDOW)

    @property
    def seconds(self) -> float:
        """The worst of the last ten seconds."""
        return max(self._late, default=0.0)

    async def run(self, _state: WorkerState) -> None:
        """Measure until cancelled."""
        while True:
            asked = time.perf_counter() + STEP
            await asyncio.sleep(STEP)
            self._late.append(max(0.0, time.perf_counter() - asked))


class Vitals:
    """Memory and CPU of this process; ``look`` gives the share of a core since the last look, so one asks it alone."""

    def __init__(self) -> None:
        self._process: Any = psutil.Process()
        self._process.cpu_percent(None)
        self.host = socket.gethostname()
        self.pid = os.getpid()

    def look(self) -> dict[str, Any]:
        """Return memory in bytes and CPU in percent of one core."""
        return {
            "rss_bytes": int(self._process.memory_info().rss),
            "cpu_percent": round(float(self._process.cpu_percent(None)), 1),
        }
