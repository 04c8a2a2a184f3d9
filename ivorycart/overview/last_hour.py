"""The last hour of what all processes say of themselves, so that an admin who looks now sees how it came about.

Pattern: one task looks every ten seconds at the small documents that processes write anyway, and reads nothing else.
What it remembers is bounded and this process's own, so it begins anew with it. Shutdown: cancel the task.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ivorycart.overview.dashboard import Dashboard
from ivorycart.overview.ports import Figures
from ivorycart.workers import WorkerState

STEP = 10.0  # seconds
KEPT = 360


@dataclass(frozen=True, slots=True)
class Sample:
    """How all processes together were at a moment; ``refused`` is counted since each of them began."""

    at: datetime
    sockets: int
    refused: int
    lag_seconds: float | None
    cpu_percent: float
    rss_bytes: int


class LastHour:
    """Remembers samples, the oldest first."""

    def __init__(self, dashboard: Dashboard, *, step: float = STEP) -> None:
        self._dashboard = dashboard
        self._step = step
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    async def run(self, state: WorkerState) -> None:
        """Look until cancelled; where processes cannot be read the line has a gap."""
        while True:
            part = await self._dashboard.processes()
            if part["ok"] and part["items"]:
                self._samples.append(sample_of(part["items"], datetime.now(UTC)))
            state.alive()
            await asyncio.sleep(self._step)

    def told(self) -> list[dict[str, Any]]:
        """Return what is remembered."""
        return [asdict(each) for each in self._samples]


def sample_of(items: Sequence[Figures], at: datetime) -> Sample:
    """Add up what processes say."""
    return Sample(
        at=at,
        sockets=sum(each["sockets"] for each in items),
        refused=sum(sum(kind.values()) for each in items for kind in each["refusals"].values()),
        lag_seconds=max((each["stream_lag_seconds"] for each in items), default=None),
        cpu_percent=sum(each["cpu_percent"] for each in items),
        rss_bytes=sum(each["rss_bytes"] for each in items),
    )
