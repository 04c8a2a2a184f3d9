"""How the database is: for one who may ask, and for one who may not."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from pymongo.errors import OperationFailure

from mongo.cluster import Cluster
from mongo.driver import Database, Driver
from tests.mongo.shop import add_product, both_drivers
from tests.patience import PATIENCE


@pytest.fixture
async def humble(mongo_uri: str, driver: Driver, database: Database) -> AsyncIterator[Driver]:
    """Connect as one who may read and write the shop's database, and nothing else."""
    await database.command("createUser", "humble", pwd="humble", roles=["readWrite"])
    where = urlsplit(mongo_uri)
    options = "&".join(each for each in where.query.split("&") if each and not each.startswith("authSource"))
    uri = f"mongodb://humble:humble@{where.hostname}:{where.port}/?authSource={database.name}&{options}"
    connected = Driver(uri, driver.name)
    yield connected
    await connected.close()
    await database.command("dropUser", "humble")


@both_drivers
async def test_members_are_told_with_their_state(driver: Driver, database: Database) -> None:
    """Who is primary, and how far the others are behind."""
    told = await Cluster(driver, database).members()
    [member] = told["members"]
    assert (member["state"], member["healthy"], member["lag_seconds"]) == ("primary", True, 0.0)
    assert told["note"] is None
    assert (await Cluster(driver, database).ping())["primary"] == member["host"]


@both_drivers
async def test_one_who_may_not_ask_is_told_the_names(humble: Driver, database: Database) -> None:
    """And that it is not all."""
    told = await Cluster(humble, humble.client[database.name]).members()
    [member] = told["members"]
    assert (member["state"], member["uptime_seconds"]) == ("primary", None)
    assert "Unauthorized" in told["note"]


@both_drivers
async def test_sizes_are_told_by_collection(driver: Driver, database: Database) -> None:
    """In bytes; the parts are not more than the whole."""
    await add_product(database)
    told = await Cluster(driver, database).sizes()
    by_name = {each["name"]: each for each in told["collections"]}
    assert by_name["products"]["documents"] == 1
    assert {"orders", "carts", "emails", "processes"} <= set(by_name)
    assert 0 < by_name["products"]["index_bytes"] <= told["index_bytes"]
    assert told["data_bytes"] > 0


@both_drivers
async def test_sizes_may_be_asked_by_whoever_uses_the_database(humble: Driver, database: Database) -> None:
    """No role beside `readWrite` is needed."""
    told = await Cluster(humble, humble.client[database.name]).sizes()
    assert told["collections"]


@both_drivers
async def test_sizes_are_told_though_a_profiler_was_on_once(humble: Driver, driver: Driver, database: Database) -> None:
    """What it leaves behind is the server's own, and not for everybody to measure."""
    await database.command({"profile": 2})
    await database.command({"profile": 0})
    told = await Cluster(humble, humble.client[database.name]).sizes()
    assert not [each["name"] for each in told["collections"] if each["name"].startswith("system.")]


@both_drivers
async def test_the_room_that_is_left_is_told(humble: Driver, driver: Driver, database: Database) -> None:
    """Of the disk by whoever uses the database; of the oplog by its first and its last entry."""
    disk = await Cluster(humble, humble.client[database.name]).disk()
    assert 0 < disk["used_bytes"] <= disk["total_bytes"]
    first, last = await _ends_of_oplog(driver)
    window = (await Cluster(driver, database).oplog())["window_seconds"]
    first_then, last_then = await _ends_of_oplog(driver)
    assert last - first_then <= window <= last_then - first


async def _ends_of_oplog(driver: Driver) -> tuple[int, int]:
    """Return of when its first and its last entry are."""
    entries = driver.client["local"]["oplog.rs"]
    found = [await entries.find_one(sort=[("$natural", way)]) for way in (1, -1)]
    first, last = (entry["ts"].time for entry in found if entry)
    return first, last


@both_drivers
async def test_one_who_may_not_ask_for_the_oplog_is_told_so(humble: Driver, database: Database) -> None:
    """No window is not a long one."""
    with pytest.raises(OperationFailure, match="not authorized"):
        await Cluster(humble, humble.client[database.name]).oplog()


@both_drivers
async def test_what_runs_long_is_seen_while_it_runs(driver: Driver, database: Database) -> None:
    """Without its values; waiting is no work."""
    await add_product(database, name="secret")
    long = {"$where": "sleep(1500) || true", "name": "secret"}
    running = asyncio.ensure_future(database["products"].find(long).to_list(None))
    async with asyncio.timeout(PATIENCE):
        while not (seen := (await Cluster(driver, database).slow())["running"]) or not seen[0]["plan"]:
            await asyncio.sleep(0.05)
    await running
    assert (seen[0]["collection"], seen[0]["command"], seen[0]["plan"]) == ("products", "find", "COLLSCAN")
    assert "secret" not in seen[0]["shape"]


@both_drivers
async def test_the_profile_is_read_where_somebody_keeps_one(driver: Driver, database: Database) -> None:
    """Nobody switches it on for us."""
    assert (await Cluster(driver, database).slow())["profiled"] == []
    await database.command({"profile": 1, "slowms": 50})
    try:
        await add_product(database, name="secret")
        await database["products"].find({"$where": "sleep(150) || true", "name": "secret"}).to_list(None)
    finally:
        await database.command({"profile": 0, "slowms": 100})
    [slow] = (await Cluster(driver, database).slow())["profiled"]
    assert (slow["collection"], slow["command"], slow["milliseconds"] >= 150) == ("products", "find", True)
    assert "secret" not in slow["shape"]


@both_drivers
async def test_one_who_may_not_see_others_sees_its_own(humble: Driver, database: Database) -> None:
    """And is told so; the profile may not be there for it."""
    told = await Cluster(humble, humble.client[database.name]).slow()
    assert told["running"] == []
    assert told["running_note"].startswith("only the shop's own")
