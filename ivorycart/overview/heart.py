"""The heart: every two seconds this process says how it is, for whoever looks at all of them.

Pattern: one task writes one small document. Shutdown: cancel it; the document is taken away, or, where the process was
killed or the database does not answer, nobody shows it after ten seconds. Invariant: the document holds figures, names
of workers and shapes of slow commands, and nothing of what people wrote.
"""

import asyncio
import time
from collections.abc import Mapping, Sized
from typing import Any, NamedTuple

import structlog

from ivorycart.engine import Refusal
from ivorycart.gauges import Following, Queueing
from ivorycart.overview.ports import Figures, ProcessBook, SlowLog
from ivorycart.overview.vitals import LoopLag, Vitals
from ivorycart.refusals import AnsweredRefusals
from ivorycart.workers import Workers, WorkerState

INTERVAL = 2.0
FAREWELL = 1.0  # seconds
SHOWN_SLOW = 10
SHOWN_COUNTS = 50

log = structlog.get_logger(__name__)


class Living(NamedTuple):
    """The living objects of a process that say how it is. ``number`` is its own among several of one port."""

    connections: Sized
    workers: Workers
    ledger: Queueing
    feed: Following
    socket_refusals: Mapping[Refusal, int]
    answers: AnsweredRefusals
    slow: SlowLog
    loop_lag: LoopLag
    number: int | None


class Heart:
    """Takes the figures of this process and writes them down."""

    def __init__(self, living: Living, book: ProcessBook, vitals: Vitals) -> None:
        self._living = living
        self._book = book
        self._vitals = vitals

    async def run(self, _state: WorkerState) -> None:
        """Beat until cancelled."""
        try:
            while True:
                await self._book.beat(self.figures())
                await asyncio.sleep(INTERVAL)
        finally:
            await self._farewell()

    async def _farewell(self) -> None:
        try:
            async with asyncio.timeout(FAREWELL):
                await self._book.forget()
        except Exception as error:  # noqa: BLE001 - it is forgotten by itself; nothing may hide why we stop
            log.info("heart.not_forgotten", reason=str(error)[:200])

    def figures(self) -> Figures:
        """Return how this process is now."""
        living = self._living
        return {
            "host": self._vitals.host,
            "pid": self._vitals.pid,
            "number": living.number,
            **self._vitals.look(),
            "loop_lag_seconds": round(living.loop_lag.seconds, 4),
            "sockets": len(living.connections),
            "ledger_waiting": living.ledger.waiting,
            "stream_lag_seconds": round(living.feed.lag, 3),
            "refusals": {
                "sockets": {reason.value: count for reason, count in living.socket_refusals.items() if count},
                "answers": dict(living.answers.by_code),
            },
            "slow": self._slow(),
            "workers": workers_of(living.workers),
        }

    def _slow(self) -> Figures:
        slow = self._living.slow
        counts = sorted(slow.counts.items(), key=lambda each: -each[1])
        return {
            "total": sum(count for _, count in counts),
            "counts": [
                {"collection": collection, "command": command, "count": count}
                for (collection, command), count in counts[:SHOWN_COUNTS]
            ],
            "latest": [
                {
                    "at": each.at,
                    "collection": each.collection,
                    "command": each.command,
                    "milliseconds": each.milliseconds,
                    "shape": each.shape,
                }
                for each in slow.latest[:SHOWN_SLOW]
            ],
        }


def workers_of(workers: Workers) -> list[dict[str, Any]]:
    """Return how the background work of a process is doing."""
    now = time.monotonic()
    return [
        {
            "name": name,
            "ok": state.fine(now),
            "failures": state.failures,
            "last_error": state.last_error,
            "seconds_since_beat": round(now - state.beat, 3) if state.has_rhythm else None,
        }
        for name, state in workers.states.items()
    ]
