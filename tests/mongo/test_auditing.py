"""The daily audit on a real database: when one is due, and that whoever is killed leaves it to the next."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ivorycart.overview.auditing import AGAIN, INTERVAL, LONGEST_GAP, LOOK, SETTLED, Auditing
from ivorycart.overview.audits import LEASE, Audits
from ivorycart.workers import WorkerState
from models.audit import AuditResult, CheckResult
from models.errors import Conflict
from mongo.audit_trail import AuditTrail
from mongo.audits import Audits as Results
from mongo.driver import Database, Driver
from mongo.leases import Leases
from tests.mongo.shop import both_drivers
from tests.patience import PATIENCE

DAY = 24


class Process:
    """A process with the lease of the worker, its own clock, and an audit that ends when it is told to."""

    def __init__(self, database: Database, name: str = "p1") -> None:
        self.database, self.leases = database, Leases(database, name)
        self.done, self.ended = 0, asyncio.Event()
        self.ended.set()
        self.now = 0.0
        self.failure: Exception | None = None
        self.audits = Audits(self._audit, Results(database), self.leases, AuditTrail(database))
        self.auditing = Auditing(self.audits, Results(database), DAY, clock=lambda: self.now)

    async def _audit(self) -> AuditResult:
        self.done += 1
        await self.ended.wait()
        if self.failure:
            raise self.failure
        hello = await self.database.command("hello")
        return AuditResult(hello["localTime"], (CheckResult("levels", {}, (), 0),))

    async def looks(self, seconds: float = SETTLED + LOOK) -> None:
        """Let the worker look again and again, so long by its own clock."""
        until = self.now + seconds
        while self.now < until:
            await self.auditing.step()
            self.now += INTERVAL

    async def idle(self) -> None:
        """Wait until nothing runs."""
        async with asyncio.timeout(PATIENCE):
            while (await self.audits.state())["running"]:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(process: Process) -> AsyncIterator[Process]:
    """Run what audits in the background; at the end it is killed."""
    task = asyncio.create_task(process.audits.run(WorkerState("audit", has_rhythm=False)))
    try:
        yield process
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def process(database: Database) -> AsyncIterator[Process]:
    """Run a process in a new shop."""
    async with running(Process(database)) as made:
        yield made


async def age(database: Database, seconds: float) -> None:
    """Let all that was begun and ended be older."""
    for field in ("at", "finished_at"):
        then = {"$dateSubtract": {"startDate": f"${field}", "unit": "second", "amount": int(seconds)}}
        await database["audits"].update_many({field: {"$exists": True}}, [{"$set": {field: then}}])


@both_drivers
async def test_a_new_shop_is_audited_once_it_has_settled_and_then_daily(
    driver: Driver, database: Database, process: Process
) -> None:
    """It is kept like one that an admin started; nobody is noted for it."""
    await process.looks(SETTLED)
    assert process.done == 0
    await process.looks(LOOK)
    await process.idle()
    assert process.done == 1
    state = await process.audits.state()
    assert state["last"]["ok"]
    assert await database["audit_events"].count_documents({}) == 0
    await age(database, DAY * 3600 - 600)
    await process.looks()
    assert process.done == 1
    await age(database, 601)
    await process.looks(LOOK)
    await process.idle()
    assert process.done == 2


@both_drivers
async def test_a_start_is_no_reason_for_an_audit(driver: Driver, database: Database, process: Process) -> None:
    """While the last one is younger than a day; and where it is older, the shop catches up first."""
    await process.looks()
    await process.idle()
    assert process.done == 1
    async with running(Process(database, "p2")) as other:
        await other.looks()
        await age(database, DAY * 3600 + 1)
        other.now += LONGEST_GAP + 1  # the database was away
        await other.looks(SETTLED)
        assert other.done == 0
        await other.looks(LOOK)
        await other.idle()
        assert other.done == 1


@pytest.mark.parametrize("killed", ["in the middle", "before the result was kept"])
async def test_one_that_was_killed_is_repeated_within_the_hour(database: Database, killed: str) -> None:
    """Wherever that was; but not at once, since it may be the audit that is too much."""
    async with running(Process(database)) as first:
        if killed == "in the middle":
            first.ended.clear()
            await first.looks()
            await until(lambda: first.done == 1)
    if killed == "before the result was kept":
        await Results(database).begun()
    await database["leases"].delete_many({"_id": LEASE})  # it has run out
    async with running(Process(database, "p2")) as second:
        await second.looks()
        assert second.done == 0
        await age(database, AGAIN)
        await second.looks(LOOK)
        await second.idle()
        assert second.done == 1


async def test_one_that_could_not_be_done_is_repeated_within_the_hour(database: Database, process: Process) -> None:
    """Its reason is kept meanwhile."""
    process.failure = ConnectionError("no answer")
    await process.looks()
    await process.idle()
    assert "no answer" in (await process.audits.state())["last"]["error"]
    process.failure = None
    await process.looks()
    assert process.done == 1
    await age(database, AGAIN)
    await process.looks(LOOK)
    await process.idle()
    assert (process.done, (await process.audits.state())["last"]["error"]) == (2, None)


async def test_two_processes_start_one(database: Database, process: Process) -> None:
    """Should the lease of the worker be lost while it looks; and what runs is not due again."""
    process.ended.clear()
    async with running(Process(database, "p2")) as other:
        other.ended.clear()
        await asyncio.gather(process.looks(), other.looks())
        await until(lambda: process.done + other.done == 1)
        with pytest.raises(Conflict):
            await process.audits.start_due()
        await asyncio.gather(process.looks(), other.looks())
        process.ended.set()
        other.ended.set()
        await process.idle()
        assert process.done + other.done == 1


async def until(happened: Callable[[], Any]) -> None:
    """Wait until something has happened."""
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await asyncio.sleep(0.005)
