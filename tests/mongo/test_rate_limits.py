"""Counts that all processes share: exactly the limit is granted, by the database's clock."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models.rate_limit import Grant, Limit
from mongo.driver import Database, Driver
from mongo.rate_limits import RATE_LIMITS, RateCounts
from tests.mongo.shop import both_drivers

pytestmark = both_drivers

TEN = Limit(10, 60)


async def age(database: Database, seconds: float) -> None:
    """Let all counts be so many seconds older."""
    move = {"$dateSubtract": {"startDate": "$$each.until", "unit": "millisecond", "amount": round(seconds * 1000)}}
    aged = {"$map": {"input": "$taken", "as": "each", "in": {"until": move, "n": "$$each.n"}}}
    await database[RATE_LIMITS].update_many({}, [{"$set": {"taken": aged}}])


async def test_the_eleventh_of_ten_is_refused_and_told_when_the_next_is_free(database: Database) -> None:
    """The tenth sees that none is left."""
    counts = RateCounts(database)
    grants = [await counts.take("login:ada", TEN, 1, 0) for _ in range(11)]
    assert [each.granted for each in grants] == [1] * 10 + [0]
    assert [each.left for each in grants] == [*range(9, -1, -1), 0]
    assert all(0 < each.opens_in <= 60 for each in grants)


async def test_two_processes_at_once_are_granted_exactly_the_limit(database: Database, mongo_uri: str) -> None:
    """Also where the key is new: nobody is refused because another was quicker to make it."""
    other = Driver(mongo_uri, "pymongo")
    try:
        books = RateCounts(database), RateCounts(other.client[database.name])
        for turn in range(10):
            asked = (books[n % 2].take(f"login:{turn}", TEN, 1, 0) for n in range(30))
            assert sum(each.granted for each in await asyncio.gather(*asked)) == 10
    finally:
        await other.close()


async def test_the_window_moves(database: Database) -> None:
    """What is a minute old counts no more, and nothing else is free before."""
    counts = RateCounts(database)
    for _ in range(4):
        await counts.take("login:ada", TEN, 1, 0)
    await age(database, 40)
    for _ in range(6):
        await counts.take("login:ada", TEN, 1, 0)
    refused = await counts.take("login:ada", TEN, 1, 0)
    assert (refused.granted, refused.opens_in) == (0, pytest.approx(20, abs=15))
    await age(database, 30)
    again = [await counts.take("login:ada", TEN, 1, 0) for _ in range(5)]
    assert [each.granted for each in again] == [1, 1, 1, 1, 0]


async def test_a_refused_try_prolongs_nothing(database: Database) -> None:
    """The document does not even grow."""
    counts = RateCounts(database)
    await counts.take("login:ada", Limit(1, 60), 1, 0)
    before = await row(database)
    for _ in range(20):
        await counts.take("login:ada", Limit(1, 60), 1, 0)
    after = await row(database)
    assert (after["taken"], after["expires_at"]) == (before["taken"], before["expires_at"])


async def test_a_block_is_at_most_an_eighth_of_what_is_left(database: Database) -> None:
    """So what one process has set aside is never missed much by another; the last go one by one."""
    counts = RateCounts(database)
    granted = []
    while grant := (await counts.take("requests:ada", Limit(100, 60), 20, 5)).granted:
        granted.append(grant)
    assert sum(granted) == 100
    assert granted[:4] == [12, 11, 9, 8]
    assert granted[-14:] == [1] * 14


async def test_a_block_counts_for_as_long_as_it_may_be_used(database: Database) -> None:
    """Five seconds more than a minute: or what was used late would count too short."""
    counts = RateCounts(database)
    await counts.take("requests:ada", TEN, 2, 5)
    await age(database, 62)
    assert (await counts.take("requests:ada", TEN, 1, 0)).left == 8
    assert isinstance(await counts.take("requests:ada", TEN, 1, 0), Grant)


async def test_a_document_goes_once_nothing_in_it_counts(database: Database) -> None:
    """The database removes it by the end of its newest count."""
    await RateCounts(database).take("login:ada", TEN, 1, 0)
    found = await row(database)
    assert found["expires_at"] - found["at"] == timedelta(seconds=60)
    indexes = await database[RATE_LIMITS].index_information()
    assert [each["expireAfterSeconds"] for each in indexes.values() if each["key"] == [("expires_at", 1)]] == [0]


async def test_a_lower_limit_holds_at_once(database: Database) -> None:
    """More may have been taken than there is now: then nothing is left, not less than nothing."""
    counts = RateCounts(database)
    for _ in range(5):
        await counts.take("login:ada", TEN, 1, 0)
    assert (await counts.take("login:ada", Limit(3, 60), 1, 0)).left == 0


async def row(database: Database) -> Any:
    """Return the only document."""
    return await database[RATE_LIMITS].find_one({})
