"""Leased workers of several processes on a real database: one works, and another takes over."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from ivorycart.workers import LeasedWorker, WorkerState
from mongo.driver import Database
from mongo.leases import Leases
from tests.patience import PATIENCE

LONG = 600.0


class Process:
    """One process's worker; its steps are counted by name."""

    def __init__(self, database: Database, name: str, steps: Counter[str], lease: float = LONG) -> None:
        self.name, self.steps = name, steps
        self.leases = Leases(database, name)
        self.worker = LeasedWorker(
            name="work",
            leases=self.leases,
            step=self._step,
            interval=0.01,
            lease_seconds=lease,
            seconds_to_give_back=60.0,
        )
        self.task = asyncio.create_task(self.worker.run(WorkerState(name, has_rhythm=True)))

    async def _step(self) -> bool:
        self.steps[self.name] += 1
        return False

    async def stop(self) -> None:
        """End it in an orderly way."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def until(happened: Callable[[], Any]) -> None:
    """Wait until something has happened."""
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await asyncio.sleep(0.005)


async def test_one_works_and_when_it_stops_another_goes_on_at_once(database: Database):
    """The lease would have lasted ten minutes; it is given back."""
    steps: Counter[str] = Counter()
    processes = [Process(database, name, steps) for name in ("p1", "p2", "p3")]
    await until(lambda: steps.total() >= 5)
    (first,) = steps
    for process in processes:
        if process.name == first:
            await process.stop()
    await until(lambda: len(steps) == 2)
    before = steps[first]
    await until(lambda: steps.total() > before + 5)
    assert steps[first] == before
    assert len(steps) == 2
    for process in processes:
        await process.stop()
    assert await database["leases"].count_documents({"_id": "work"}) == 0


async def test_the_lease_of_a_process_that_died_runs_out(database: Database):
    """Nobody gave it back."""
    assert await Leases(database, "dead").take("work", 50)
    steps: Counter[str] = Counter()
    process = Process(database, "p1", steps)
    await until(lambda: steps["p1"])
    await process.stop()


async def test_a_lease_is_not_given_back_by_who_lost_it(database: Database):
    """The late one leaves the new holder's alone."""
    late, new = Leases(database, "late"), Leases(database, "new")
    assert await late.take("work", 0)
    while not await new.take("work", 600_000):
        await asyncio.sleep(0.001)
    await late.give_back("work")
    assert not await late.take("work", 1000)
    assert await new.take("work", 1000)


async def test_of_many_who_ask_at_once_one_gets_the_lease(database: Database):
    """Whether it is new or has run out."""
    leases = [Leases(database, f"p{number}") for number in range(20)]
    for milliseconds in (0, 600_000):
        await asyncio.sleep(0.005)
        taken = await asyncio.gather(*(each.take("work", milliseconds) for each in leases))
        assert any(taken)
    assert sum(taken) == 1
