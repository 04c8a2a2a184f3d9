"""One socket's event handlers: started in the order of arrival, a few at once, a bounded number waiting.

Concurrency: everything runs in the event loop's thread; `submit` never waits. Shutdown: `stop` forgets what waits,
`settle` lets what runs finish within a bound and cancels the rest. Invariant: a job starts only after every job
submitted before it has started; while a job submitted `alone` runs, no other does. A lane without a job keeps nothing
and may be thrown away: `on_idle` says when.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

Job = Callable[[], Coroutine[Any, Any, None]]


class Lane:
    """Runs at most `width` jobs at once and keeps at most `depth` waiting."""

    __slots__ = ("_depth", "_failed", "_is_alone", "_on_idle", "_running", "_stopped", "_waiting", "_width")

    def __init__(
        self,
        *,
        width: int,
        depth: int,
        failed: Callable[[BaseException], None],
        on_idle: Callable[[], None] | None = None,
    ) -> None:
        self._width = width
        self._depth = depth
        self._failed = failed
        self._on_idle = on_idle
        self._waiting: deque[tuple[Job, bool]] | None = None  # an empty one takes 600 bytes
        self._running: set[asyncio.Task[None]] = set()
        self._is_alone = False
        self._stopped = False

    @property
    def is_busy(self) -> bool:
        """Whether a job has to wait."""
        return bool(self._waiting)

    def submit(self, job: Job, *, alone: bool = False) -> bool:
        """Start the job as soon as it is its turn; False when more than `depth` would wait."""
        if self._stopped:
            return True
        if not self._waiting and self._may_start(alone=alone):
            self._start(job, alone=alone)
            return True
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append((job, alone))
        return len(self._waiting) <= self._depth

    def stop(self) -> None:
        """Forget what waits; nothing is started any more."""
        self._stopped = True
        self._waiting = None

    async def settle(self, within: float) -> None:
        """Wait up to `within` seconds for what runs, then cancel it."""
        self.stop()
        if self._running:
            await asyncio.wait(self._running, timeout=within)
        await self.cancel()

    def abandon(self) -> None:
        """Cancel what runs, without waiting for it to go."""
        self.stop()
        for task in self._running:
            task.cancel()

    async def cancel(self) -> None:
        """Cancel what runs and wait until it has gone."""
        self.abandon()
        if self._running:
            await asyncio.wait(self._running)

    def _may_start(self, *, alone: bool) -> bool:
        return not self._is_alone and len(self._running) < self._width and not (alone and self._running)

    def _start(self, job: Job, *, alone: bool) -> None:
        self._is_alone = alone
        task = asyncio.create_task(job())
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._is_alone = False
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)
        while self._waiting and self._may_start(alone=self._waiting[0][1]):
            job, alone = self._waiting.popleft()
            self._start(job, alone=alone)
        if not self._running and self._on_idle is not None:
            self._on_idle()
