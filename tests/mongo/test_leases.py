"""Leases: one holder at a time, by the database's clock."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from mongo.driver import Database, Driver
from mongo.leases import Leases
from tests.mongo.shop import both_drivers

pytestmark = both_drivers

LONG = 600_000
PAST = datetime(2020, 1, 1, tzinfo=UTC)


async def test_a_lease_has_one_holder(database: Database) -> None:
    """Who has it may prolong it; others do not get it."""
    one, two = Leases(database, "p1"), Leases(database, "p2")
    assert await one.take("relay", LONG)
    assert not await two.take("relay", LONG)
    assert await one.take("relay", LONG)


async def test_prolonging_moves_the_end_and_trying_does_not(database: Database) -> None:
    """The end is the database's clock and the time asked for."""
    one, two = Leases(database, "p1"), Leases(database, "p2")
    await one.take("relay", LONG)
    first = await until(database)
    await two.take("relay", 2 * LONG)
    assert await until(database) == first
    await one.take("relay", 2 * LONG)
    assert await until(database) > first


async def test_a_lease_that_ran_out_is_free(database: Database) -> None:
    """Its holder finds out when it wants to prolong it."""
    one, two = Leases(database, "p1"), Leases(database, "p2")
    await one.take("relay", LONG)
    await database["leases"].update_one({}, {"$set": {"until": PAST}})
    assert await two.take("relay", LONG)
    assert not await one.take("relay", LONG)


async def test_a_holder_who_is_late_may_prolong_if_nobody_came(database: Database) -> None:
    """Nothing was lost."""
    one = Leases(database, "p1")
    await one.take("relay", LONG)
    await database["leases"].update_one({}, {"$set": {"until": PAST}})
    assert await one.take("relay", LONG)


async def test_a_lease_that_was_given_back_is_free_at_once(database: Database) -> None:
    """Only its holder can give it back."""
    one, two = Leases(database, "p1"), Leases(database, "p2")
    await one.take("relay", LONG)
    await two.give_back("relay")
    assert not await two.take("relay", LONG)
    await one.give_back("relay")
    assert await two.take("relay", LONG)


async def test_leases_of_different_workers_are_independent(database: Database) -> None:
    """One relay, one sweeper."""
    assert await Leases(database, "p1").take("relay", LONG)
    assert await Leases(database, "p2").take("sweeper", LONG)


async def test_of_many_who_race_for_a_new_lease_one_wins(database: Database) -> None:
    """And the others hear no, not an error."""
    for worker in range(5):
        takes = (Leases(database, f"p{each}").take(f"worker {worker}", LONG) for each in range(10))
        assert sum(await asyncio.gather(*takes)) == 1


async def test_what_a_process_asks_for_at_the_same_moment_is_one_command(
    driver: Driver, database: Database, mongo_uri: str
) -> None:
    """Each worker hears of its own; who has gone meanwhile takes nothing from the others."""
    heard = Writes()
    watched = Driver(mongo_uri, driver.name, event_listeners=[heard])
    here, there = Leases(watched.client[database.name], "p1"), Leases(database, "p2")
    assert await there.take("relay", LONG)
    workers = ("relay", "sweeper", "clerk", "alerts")
    takes = [asyncio.ensure_future(here.take(worker, LONG)) for worker in workers]
    await asyncio.sleep(0)
    takes.pop().cancel()
    assert await asyncio.gather(*takes) == [False, True, True]
    assert await here.take("clerk", LONG)
    assert heard.sizes == [3, 1], "the relay's is looked at alone"
    await watched.close()


async def test_who_asks_for_what_others_have_writes_nothing(driver: Driver, database: Database, mongo_uri: str) -> None:
    """On ten hosts all processes but one ask in vain, and ask again all the time."""
    heard = Writes()
    watched = Driver(mongo_uri, driver.name, event_listeners=[heard])
    here, there = Leases(watched.client[database.name], "p1"), Leases(database, "p2")
    workers = ("relay", "sweeper")
    await asyncio.gather(*(there.take(worker, LONG) for worker in workers))
    for _ in range(3):
        assert not any(await asyncio.gather(*(here.take(worker, LONG) for worker in workers)))
    assert heard.sizes == []
    await there.give_back("relay")
    assert await here.take("relay", LONG)
    assert heard.sizes == [1]
    await watched.close()


class Writes(CommandListener):
    """Notes how many statements each command of writing has."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Count them."""
        if event.command_name in {"update", "findAndModify"}:
            self.sizes.append(len(event.command.get("updates", [1])))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""


async def until(database: Database) -> Any:
    """Read when the lease ends."""
    lease: Any = await database["leases"].find_one({})
    return lease["until"]
