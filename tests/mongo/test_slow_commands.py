"""Slow commands: counted and shown by what they asked, never by a value of theirs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from mongo.driver import Database, Driver, DriverName
from mongo.slow_commands import KEPT, SHAPE_LENGTH, SlowCommand, collection_of, shape_of
from mongo.stream import ChangeFeed
from tests.mongo.shop import add_product, both_drivers, failing

SECRET = "ada@shop.test"
LATE = {"blockConnection": True, "blockTimeMS": 150}


@pytest.fixture
async def own(mongo_uri: str, driver: Driver, database: Database) -> AsyncIterator[Driver]:
    """Connect once more: what the fixtures' own client did is not counted."""
    name: DriverName = driver.name
    mine = Driver(mongo_uri, name)
    yield mine
    await mine.close()


def slow_of(driver: Driver, command: str) -> list[SlowCommand]:
    """Return the slow ones of a kind; on a busy machine there may be others."""
    return [each for each in driver.slow.latest if each.command == command]


@both_drivers
async def test_a_slow_command_is_kept_without_its_values(own: Driver, driver: Driver, database: Database) -> None:
    """The collection, the verb, how long it took, and the shape."""
    users = own.client[database.name]["users"]
    async with failing(driver, "find", {"times": 1}, **LATE):
        await users.find({"email": SECRET, "age": {"$in": [1, 2, 3]}}).sort("name", 1).to_list(None)
    [slow] = slow_of(own, "find")
    assert (slow.collection, slow.milliseconds >= 150) == ("users", True)
    assert slow.shape == '{"find":"users","filter":{"email":"?","age":{"$in":["?"]}},"sort":{"name":"?"}}'
    assert own.slow.counts["users", "find"] == 1


@both_drivers
async def test_one_that_fails_late_counts_as_well(own: Driver, driver: Driver, database: Database) -> None:
    """It took its time all the same."""
    users = own.client[database.name]["users"]
    async with failing(driver, "count", {"times": 1}, errorCode=8000, **LATE):
        with pytest.raises(OperationFailure):
            await own.client[database.name].command("count", "users")
    assert own.slow.counts["users", "count"] == 1
    assert await users.find_one({}) is None


async def test_waiting_for_news_is_not_slow(own: Driver, database: Database) -> None:
    """A change stream waits at the server as long as nothing happens."""
    mine = own.client[database.name]
    feed = ChangeFeed(own, mine, "p1")
    await feed.open()
    batches = feed.batches()
    news = asyncio.create_task(anext(batches))
    await asyncio.sleep(0.5)
    await add_product(mine)
    await news
    await batches.aclose()
    await feed.close()
    assert not slow_of(own, "getMore")


async def test_waiting_for_news_of_one_collection_is_not_slow(own: Driver, database: Database) -> None:
    """Its name is the collection's own there; the wait is told by how long it may last."""
    async with own.client[database.name]["users"].watch(max_await_time_ms=300) as stream:
        assert await stream.try_next() is None
    assert not slow_of(own, "getMore")


async def test_quick_commands_leave_nothing_behind(own: Driver, database: Database) -> None:
    """Each is forgotten with its answer."""
    for number in range(50):
        await own.client[database.name]["users"].find_one({"_id": number})
    assert not own.slow._under_way


@both_drivers
async def test_commands_that_nobody_waits_for_any_more_are_not_kept_for_ever(
    own: Driver, driver: Driver, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is cancelled may never be told the end of; the oldest go first."""
    monkeypatch.setattr("mongo.slow_commands.MOST_UNDER_WAY", 5)
    users = own.client[database.name]["users"]
    async with failing(driver, "find", "alwaysOn", blockConnection=True, blockTimeMS=300):
        for number in range(12):
            with suppress(TimeoutError):
                await asyncio.wait_for(users.find({"_id": number}).to_list(None), 0.05)
            assert len(own.slow._under_way) <= 5
    async with failing(driver, "count", {"times": 1}, **LATE):
        await own.client[database.name].command("count", "users")
    assert own.slow.counts["users", "count"] == 1


async def test_only_the_last_ones_are_kept(own: Driver) -> None:
    """Their counts are whole."""
    own.slow._slow = 0
    for _ in range(KEPT + 20):
        await own.client.admin.command("ping")
    assert len(own.slow.latest) == KEPT
    assert own.slow.counts["", "ping"] >= KEPT + 20


def test_a_shape_is_bounded_and_has_no_values() -> None:
    """Deep, broad and long; what belongs to the session is left out."""
    deep: Any = SECRET
    for _ in range(100):
        deep = {"a": [deep, deep]}
    update = {"update": "users", "updates": [{"q": {"_id": SECRET}, "u": deep}] * 1000, "lsid": {"id": SECRET}}
    shape = shape_of({**update, "$db": "shop", "txnNumber": 3})
    assert len(shape) <= SHAPE_LENGTH
    assert SECRET not in shape
    assert shape.startswith('{"update":"users","updates":[{"q":{"_id":"?"},"u":{"a":[')
    assert "lsid" not in shape


def test_a_command_names_its_collection_where_it_has_one() -> None:
    """A cursor's is named beside it; a server's command has none."""
    assert collection_of("find", {"find": "orders"}) == "orders"
    assert collection_of("getMore", {"getMore": 12, "collection": "orders"}) == "orders"
    assert collection_of("ping", {"ping": 1}) == ""
