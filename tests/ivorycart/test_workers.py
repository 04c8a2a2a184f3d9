"""Background work: restarted when it fails, in one process at a time, ended in an orderly way."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from ivorycart import workers as module
from ivorycart.workers import ASK_AGAIN, LeasedWorker, Workers, WorkerState
from tests.patience import PATIENCE

NEVER = 3600.0


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses after failures."""
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.0001)
    monkeypatch.setattr(module, "LAST_PAUSE", 0.0005)


@dataclass
class Leases:
    """A lease that is given, refused or fails as the script says; then as ``free`` says."""

    script: deque[bool | Exception] = field(default_factory=deque)
    free: bool = True
    taken: int = 0
    given_back: int = 0
    on_give_back: Exception | None = None
    gate: asyncio.Event | None = None
    log: list[str] = field(default_factory=list)

    async def take(self, _worker: str, _milliseconds: int) -> bool:
        """Answer; behind a gate, once it is open."""
        self.taken += 1
        if self.gate:
            await self.gate.wait()
        self.log.append("taken")
        answer = self.script.popleft() if self.script else self.free
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def give_back(self, _worker: str) -> None:
        """Take it back."""
        self.given_back += 1
        self.log.append("given back")
        if self.on_give_back:
            raise self.on_give_back


@dataclass
class Work:
    """Counts its steps; each does what the script says, the others nothing."""

    script: deque[Any] = field(default_factory=deque)
    steps: int = 0
    finished: int = 0

    async def step(self) -> bool:
        """Do a step."""
        self.steps += 1
        act = self.script.popleft() if self.script else False
        if isinstance(act, Exception):
            raise act
        if isinstance(act, asyncio.Event):
            await act.wait()
            act = False
        self.finished += 1
        return bool(act)


def a_worker(leases: Leases, work: Work, **options: Any) -> LeasedWorker:
    """Build one that waits long between steps, unless told otherwise."""
    return LeasedWorker(name="work", leases=leases, step=work.step, **{"interval": NEVER} | options)


@asynccontextmanager
async def running(worker: LeasedWorker, state: WorkerState | None = None) -> AsyncIterator[asyncio.Task[None]]:
    """Run a worker and cancel it at the end."""
    task = asyncio.create_task(worker.run(state or WorkerState("work", has_rhythm=True)))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(happened: Callable[[], object]) -> None:
    """Wait until something has happened."""
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await asyncio.sleep(0.001)


async def test_a_worker_that_fails_is_started_again(hasty: None):
    """Its failures are counted and its last error is shown until it gets somewhere."""
    workers, runs = Workers(), 0

    async def run(state: WorkerState) -> None:
        nonlocal runs
        runs += 1
        if runs < 4:
            raise ValueError(f"number {runs}")
        state.alive()
        await asyncio.Event().wait()

    workers.start("work", run)
    state = workers.states["work"]
    await until(lambda: runs == 4)
    assert (state.failures, state.last_error) == (3, None)
    await workers.stop()


async def test_the_pauses_grow_and_are_capped(monkeypatch: pytest.MonkeyPatch):
    """A worker that cannot work neither spins nor is given up."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 12:
            raise asyncio.CancelledError

    async def run(_: WorkerState) -> None:
        raise ValueError

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    monkeypatch.setattr(module.random, "random", lambda: 0.5)
    with pytest.raises(asyncio.CancelledError):
        await module._keep_running(WorkerState("work", has_rhythm=False), run)
    monkeypatch.undo()
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.5
    assert pauses[-1] == module.LAST_PAUSE


async def test_stopping_ends_all_workers():
    """Also one that waits for nothing, and one that has ended by itself."""
    workers, ended = Workers(), []

    async def waits(_: WorkerState) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    async def ends(_: WorkerState) -> None:
        ended.append("ends")

    workers.start("waits", waits)
    workers.start("ends", ends)
    await asyncio.sleep(0)
    await workers.stop()
    await workers.stop()
    assert sorted(ended) == ["ends", "waits"]


async def test_who_has_the_lease_works_and_who_has_not_waits():
    """Both give signs of life; only the holder gives the lease back."""
    for free in (True, False):
        leases, work = Leases(free=free), Work()
        state = WorkerState("work", has_rhythm=True, beat=0.0)
        async with running(a_worker(leases, work), state):
            await until(lambda state=state: state.beat > 0)
        assert (work.steps, leases.given_back) == ((1, 1) if free else (0, 0))


async def test_who_waits_for_the_lease_gets_it_when_it_is_free():
    """The other process gave it back, or died."""
    leases, work = Leases(deque([False, False])), Work()
    async with running(a_worker(leases, work, interval=0.001)):
        await until(lambda: work.steps)
    assert leases.taken >= 3


async def test_more_to_do_is_done_at_once():
    """The interval here is an hour."""
    work = Work(deque([True, True, True]))
    async with running(a_worker(Leases(), work)):
        await until(lambda: work.steps == 4)


async def test_a_long_step_keeps_its_lease_and_counts_as_alive():
    """A slow mail server makes neither the process unready nor another one take over."""
    gate, leases = asyncio.Event(), Leases()
    work, state = Work(deque([gate])), WorkerState("work", has_rhythm=True, beat=0.0)
    async with running(a_worker(leases, work, lease_seconds=0.003), state):
        await until(lambda: leases.taken > 5)
        assert (work.steps, work.finished) == (1, 0)
        assert state.beat > 0
        gate.set()
        await until(lambda: work.finished == 1)


async def test_a_step_that_hangs_is_no_sign_of_life_and_lets_the_lease_run_out():
    """Another process takes over; this one is seen to be unwell."""
    leases = Leases()
    state = WorkerState("work", has_rhythm=True, beat=0.0)
    worker = a_worker(leases, Work(deque([asyncio.Event()])), lease_seconds=0.003, longest_step=0.0)
    async with running(worker, state):
        await asyncio.sleep(0.05)
        assert (leases.taken, state.beat) == (1, 0.0)


async def test_a_step_goes_on_though_its_lease_is_lost_or_cannot_be_prolonged():
    """What is under way is finished: all work bears being done by two. The next step is not begun."""
    gate = asyncio.Event()
    leases = Leases(deque([True, ConnectionError("the database is away"), False]), free=False)
    work = Work(deque([gate]))
    async with running(a_worker(leases, work, lease_seconds=0.003, interval=0.001)):
        await until(lambda: leases.taken > 4)
        gate.set()
        await until(lambda: work.finished == 1)
        await asyncio.sleep(0.01)
    assert work.steps == 1


async def test_a_step_that_fails_gives_the_lease_back():
    """Another process may be luckier."""
    leases = Leases()
    with pytest.raises(ValueError, match="poison"):
        await a_worker(leases, Work(deque([ValueError("poison")]))).run(WorkerState("work", has_rhythm=True))
    assert leases.given_back == 1


async def test_a_lease_that_cannot_be_taken_fails_the_worker():
    """It is started again with a back-off. What was asked for may have been granted all the same: it is given back."""
    leases = Leases(deque([ConnectionError("away")]))
    with pytest.raises(ConnectionError):
        await a_worker(leases, Work()).run(WorkerState("work", has_rhythm=True))
    assert leases.log == ["taken", "given back"]


async def test_stopping_ends_the_step_and_gives_the_lease_back():
    """Whatever comes of giving it back."""
    for trouble in (None, ConnectionError("away")):
        leases, work = Leases(on_give_back=trouble), Work(deque([asyncio.Event()]))
        async with running(a_worker(leases, work)) as task:
            await until(lambda work=work: work.steps)
        assert task.cancelled()
        assert (work.finished, leases.given_back) == (0, 1)


async def test_a_lease_that_was_being_asked_for_when_the_worker_was_stopped_is_given_back():
    """The database may grant it after the worker has ended, and nobody would have it until it runs out."""
    leases = Leases(gate=asyncio.Event())
    task = asyncio.create_task(a_worker(leases, Work()).run(WorkerState("work", has_rhythm=True)))
    await until(lambda: leases.taken)
    task.cancel()
    await asyncio.sleep(0)
    leases.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert leases.log == ["taken", "given back"]


async def test_a_lease_that_was_granted_before_the_stopped_worker_heard_of_it_is_given_back():
    """The answer is there, and the worker is cancelled before its turn comes to look at it."""
    leases = Leases()
    task = asyncio.create_task(a_worker(leases, Work()).run(WorkerState("work", has_rhythm=True)))
    granted = leases.take

    async def take(worker: str, milliseconds: int) -> bool:
        asyncio.get_running_loop().call_soon(task.cancel)
        return await granted(worker, milliseconds)

    leases.take = take  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await task
    assert leases.log == ["taken", "given back"]


async def test_a_lease_that_was_being_prolonged_when_the_worker_was_stopped_is_given_back_after_that():
    """Prolonged later than given back, it would stay."""
    leases = Leases()
    task = asyncio.create_task(
        a_worker(leases, Work(deque([asyncio.Event()])), lease_seconds=0.003).run(WorkerState("work", has_rhythm=True))
    )
    await until(lambda: leases.taken)
    leases.gate = asyncio.Event()
    taken = leases.taken
    await until(lambda: leases.taken > taken)
    task.cancel()
    await asyncio.sleep(0.01)
    leases.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert leases.log[-2:] == ["taken", "given back"]


def test_a_worker_without_a_rhythm_fails_no_longer_than_its_pauses():
    """It may have nothing to do, and so nothing to show, after it has come back."""
    for has_rhythm in (False, True):
        state = WorkerState("work", has_rhythm=has_rhythm, last_error="once", failed_at=100.0)
        assert state.fails(101.0)
        assert state.fails(100.0 + 10 * module.LAST_PAUSE) is has_rhythm
        state.alive()
        assert not state.fails(101.0)


async def test_a_worker_is_woken_while_it_has_the_lease():
    """It need not wait for its interval; one without the lease is not woken, and does not spin."""
    wake, worked = asyncio.Event(), asyncio.Event()

    async def step() -> bool:
        assert not wake.is_set()
        worked.set()
        return False

    for free in (True, False):
        worked.clear()
        leases = Leases(free=free)
        worker = LeasedWorker(name="w", leases=leases, step=step, interval=NEVER, lease_seconds=NEVER, wake=wake)
        run = asyncio.create_task(worker.run(WorkerState("w", has_rhythm=True)))
        if free:
            await asyncio.wait_for(worked.wait(), PATIENCE)
            worked.clear()
            wake.set()
            await asyncio.wait_for(worked.wait(), PATIENCE)
        else:
            wake.set()
            for _ in range(20):
                await asyncio.sleep(0)
            assert (leases.taken, worked.is_set()) == (1, False)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


def test_workers_without_a_lease_ask_again_at_the_same_moments():
    """One read does for all of a process, where each would have asked at a moment of its own."""
    workers = [a_worker(Leases(), Work(), interval=interval) for interval in (0.2, 0.25, 0.5)]
    seldom = a_worker(Leases(), Work(), interval=1.0)._ask_again_at()
    while True:
        asked = {worker._ask_again_at() for worker in workers}
        if len(asked) == 1:  # else the moment itself has just passed
            break
    assert max(asked) - time.monotonic() <= ASK_AGAIN
    assert seldom % ASK_AGAIN == 0
