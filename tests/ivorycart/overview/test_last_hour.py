"""What an admin who begins to watch is told of the last hour."""

import asyncio
from collections.abc import Sequence
from typing import Any

from ivorycart.overview.last_hour import KEPT, LastHour
from ivorycart.workers import WorkerState
from tests.patience import PATIENCE


class Heard:
    """A dashboard that hears of processes what it is given, one after another, the last of it for ever."""

    def __init__(self, *parts: Any) -> None:
        self._parts = list(parts)
        self.read = 0

    async def processes(self) -> Any:
        """Return the next."""
        self.read += 1
        return self._parts.pop(0) if len(self._parts) > 1 else self._parts[0]


def process(sockets: int, lag: float) -> Any:
    """Return what a process says of itself."""
    refusals = {"sockets": {"full": 2}, "answers": {"not_found": sockets}}
    return {
        "sockets": sockets,
        "refusals": refusals,
        "stream_lag_seconds": lag,
        "cpu_percent": 12.5,
        "rss_bytes": 100,
    }


async def remembered(heard: Heard, looks: int) -> Sequence[Any]:
    """Let it look so many times; return what it tells then."""
    hour = LastHour(heard, step=0)  # type: ignore[arg-type]
    run = asyncio.create_task(hour.run(WorkerState("last_hour", has_rhythm=False)))
    async with asyncio.timeout(PATIENCE):
        while heard.read <= looks:
            await asyncio.sleep(0)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    return hour.told()


async def test_it_is_the_sum_of_all_processes():
    """The lag is that of the slowest; where they could not be read, or none was heard of, there is no sample."""
    items = [process(3, 0.1), process(4, 0.5)]
    unread: Any = {"ok": False, "reason": "no answer"}
    told = await remembered(Heard({"ok": True, "items": items}, unread, {"ok": True, "items": []}), 4)
    (sample,) = told
    del sample["at"]
    assert sample == {"sockets": 7, "refused": 11, "lag_seconds": 0.5, "cpu_percent": 25.0, "rss_bytes": 200}


async def test_no_more_than_an_hour_is_kept():
    """The oldest first."""
    told = await remembered(Heard({"ok": True, "items": [process(1, 0)]}), KEPT + 5)
    assert len(told) == KEPT
    assert told[0]["at"] < told[-1]["at"]
