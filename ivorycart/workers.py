"""Background work: every worker has an owner, a stop, a back-off and figures.

A worker that raises is logged and started again after a capped, jittered pause; its work must therefore be such that
it can be killed at any line and begun again. A leased worker runs in one process at a time, as a rule: its work must
bear that a lease changes hands while it runs.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import structlog

FIRST_PAUSE = 0.1
LAST_PAUSE = 5.0
# Seconds. A step that takes longer than any work does hangs: it loses its lease and is no sign of life any more.
LONGEST_STEP = 120.0
ASK_AGAIN = 0.5  # seconds, at the least, between two looks at a lease that another process has
# Seconds without a sign of life after which a worker with a rhythm is not well.
MAX_SILENCE = 5.0

log = structlog.get_logger(__name__)


class LeaseBook(Protocol):
    """Where leases are kept."""

    async def take(self, worker: str, milliseconds: int) -> bool:
        """Take or prolong a lease; return whether this process has it."""

    async def give_back(self, worker: str) -> None:
        """Let another process have it, if this one has it."""


@dataclass(slots=True)
class WorkerState:
    """How a worker is doing: for readiness and metrics. ``beat`` is monotonic, in seconds.

    One with a rhythm gives a sign of life every few moments, whether or not there is work.
    """

    name: str
    has_rhythm: bool
    failures: int = 0
    last_error: str | None = None
    beat: float = field(default_factory=time.monotonic)
    failed_at: float = -math.inf
    lag: Callable[[], float] | None = None
    """How many seconds what the worker follows is ahead of it, for one that follows something."""
    leads: bool | None = None
    """Whether it has its lease, for one that works with a lease."""

    def alive(self) -> None:
        """Note that the worker got somewhere."""
        self.beat = time.monotonic()
        self.last_error = None

    def fails(self, now: float) -> bool:
        """Whether it is failing now.

        One without a rhythm may have nothing to show for itself after it has come back, so a failure counts no longer
        than the longest pause after one.
        """
        return self.last_error is not None and (self.has_rhythm or now - self.failed_at < 2 * LAST_PAUSE)

    def fine(self, now: float) -> bool:
        """Whether it is at work: it does not fail now, nor is it silent for longer than its rhythm allows."""
        return not self.fails(now) and not (self.has_rhythm and now - self.beat > MAX_SILENCE)


@dataclass(slots=True)
class Workers:
    """The background tasks of one process. An error of the kinds in ``outages`` is logged as one line."""

    states: dict[str, WorkerState] = field(default_factory=dict)
    outages: tuple[type[Exception], ...] = ()
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, name: str, run: Callable[[WorkerState], Awaitable[None]], *, has_rhythm: bool = False) -> None:
        """Keep ``run`` running under this name."""
        state = self.states[name] = WorkerState(name, has_rhythm)
        self._tasks.append(asyncio.create_task(_keep_running(state, run, self.outages), name=name))

    async def stop(self) -> None:
        """Cancel all and wait until they are gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


async def _keep_running(
    state: WorkerState, run: Callable[[WorkerState], Awaitable[None]], outages: tuple[type[Exception], ...] = ()
) -> None:
    pause = FIRST_PAUSE
    while True:
        started = time.monotonic()
        try:
            await run(state)
        except Exception as error:
            state.failures += 1
            state.failed_at = time.monotonic()
            state.last_error = f"{type(error).__name__}: {error}"[:300]
            if isinstance(error, outages):
                log.warning("worker.failed", worker=state.name, reason=state.last_error)
            else:
                log.exception("worker.failed", worker=state.name)
        else:
            return
        pause = FIRST_PAUSE if time.monotonic() - started > LAST_PAUSE else min(LAST_PAUSE, pause * 2)
        await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - jitter


@dataclass(slots=True, kw_only=True)
class LeasedWorker:
    """Calls ``step`` every ``interval`` seconds while this process has the lease, or as soon as ``wake`` is set.

    What sets ``wake`` may be lost (a gap in the feed, another process's lease): the interval is the safety net.

    ``step`` returns whether there may be more to do right away. One that waits long (for a slow mail server, say) keeps
    the lease and counts as alive up to ``longest_step`` seconds.
    """

    name: str
    leases: LeaseBook
    step: Callable[[], Awaitable[bool]]
    interval: float
    lease_seconds: float = 3.0
    longest_step: float = LONGEST_STEP
    seconds_to_give_back: float = 1.0
    wake: asyncio.Event | None = None
    _asking: asyncio.Task[bool] | None = field(default=None, init=False)

    async def run(self, state: WorkerState) -> None:
        """Work while holding the lease, until cancelled; then give it back."""
        prolong_at = work_at = 0.0
        mine = False
        try:
            while True:
                if time.monotonic() >= prolong_at:
                    state.leads = mine = await self._take()
                    prolong_at = self._prolong_at() if mine else self._ask_again_at()
                if mine and (time.monotonic() >= work_at or (self.wake and self.wake.is_set())):
                    more = await self._work(state)
                    work_at = time.monotonic() + (0.0 if more else self.interval)
                state.alive()
                await self._pause(min(prolong_at, work_at) if mine else prolong_at, mine=mine)
        finally:
            state.leads = False
            await self._give_back()

    def _prolong_at(self) -> float:
        """Return when to prolong: within half of the lease, at a moment at which the others of this process do, too.

        So that a book can write for all of them at once what would be as many writes a second as there are workers.
        """
        every = self.lease_seconds / 2
        return (time.monotonic() // every + 1) * every

    def _ask_again_at(self) -> float:
        """Return when to ask for another process's lease again: likewise at the same moments.

        On ten hosts nearly all workers of nearly all processes do nothing else.
        """
        every = max(self.interval, ASK_AGAIN)
        return (time.monotonic() // every + 1) * every

    async def _pause(self, until: float, *, mine: bool) -> None:
        """Wait for the next round; who has not got the lease has no use for being woken."""
        seconds = until - time.monotonic()
        if self.wake is None or not mine or seconds <= 0:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wake.wait()

    async def _take(self) -> bool:
        # Shielded: a request cancelled under way may be carried out all the same, after the lease was given back.
        self._asking = asyncio.ensure_future(self.leases.take(self.name, int(self.lease_seconds * 1000)))
        return await asyncio.shield(self._asking)

    async def _work(self, state: WorkerState) -> bool:
        """Do one step, prolonging the lease while it lasts. Should the lease be lost, the step goes on to its end."""
        if self.wake:
            self.wake.clear()  # before: what is added while the step looks is looked at by the next one
        hangs_at = time.monotonic() + self.longest_step
        step = asyncio.ensure_future(self.step())
        try:
            while not (await asyncio.wait({step}, timeout=self.lease_seconds / 2))[0]:
                if time.monotonic() < hangs_at:
                    state.alive()
                    await self._prolong()
            return await step
        finally:
            step.cancel()
            await asyncio.gather(step, return_exceptions=True)

    async def _prolong(self) -> None:
        try:
            await self._take()
        except Exception as error:  # noqa: BLE001 - the step that runs bears it; the next one will not begin
            log.info("lease.not_prolonged", worker=self.name, reason=str(error)[:200])

    async def _give_back(self) -> None:
        if self._asking is None:
            return
        try:
            async with asyncio.timeout(self.seconds_to_give_back):
                # Who is cancelled may not have heard the last answer; one that failed may have been carried out.
                (answer,) = await asyncio.gather(self._asking, return_exceptions=True)
                if answer is not False:
                    await self.leases.give_back(self.name)
        except Exception as error:  # noqa: BLE001 - the lease runs out by itself; nothing may hide why we stop
            log.info("lease.not_given_back", worker=self.name, reason=str(error)[:200])
