"""Reading from secondaries: on a set of three, which command goes to which member, and what is never read there."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener, CommandStartedEvent
from pymongo.write_concern import WriteConcern

from bench.shop.ledger import running_ledger
from models.commands import Restock, SetLine
from models.entry import EVERYTHING
from models.feed import CartWritten, LevelChanged
from models.finding import Filters
from mongo.carts import Carts
from mongo.driver import Database, Driver
from mongo.embedded.binary import find_mongod
from mongo.embedded.ports import free_port
from mongo.finding import Lists
from mongo.orders import Orders
from mongo.products import Products
from mongo.schema import migrate
from mongo.shop_figures import ShopFigures
from mongo.stale_reads import StaleReads
from mongo.stream import ChangeFeed, cursor_of
from tests.mongo.shop import add_product, buy, buyer
from tests.patience import PATIENCE

READS = {"find", "aggregate", "count", "getMore"}


class Asked(CommandListener):
    """Keeps which member was asked to read which collection."""

    def __init__(self) -> None:
        self.ports: dict[str, set[int]] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Keep a read."""
        if event.command_name in READS and event.connection_id[1]:
            name = str(event.command.get("collection", event.command[event.command_name]))
            self.ports.setdefault(name, set()).add(event.connection_id[1])

    def succeeded(self, _: Any) -> None:
        """Not of interest."""

    def failed(self, _: Any) -> None:
        """Not of interest."""


class ReplicaSet:
    """Three members; the first one is the primary."""

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.uri = f"mongodb://127.0.0.1:{ports[0]},127.0.0.1:{ports[1]},127.0.0.1:{ports[2]}/?replicaSet=three"

    @asynccontextmanager
    async def secondaries_stand_still(self) -> AsyncIterator[None]:
        """Have both secondaries take in nothing more."""
        await self._applying("alwaysOn")
        yield
        await self._applying("off")

    @asynccontextmanager
    async def no_primary(self) -> AsyncIterator[None]:
        """Have the primary step down, and be elected again at the end."""
        async with AsyncMongoClient("127.0.0.1", self.ports[0], directConnection=True) as first:
            await first.admin.command({"replSetStepDown": 600, "secondaryCatchUpPeriodSecs": 0, "force": True})
            yield
            await first.admin.command({"replSetFreeze": 0})
            async with asyncio.timeout(PATIENCE):
                while not (await first.admin.command("hello"))["isWritablePrimary"]:
                    await asyncio.sleep(0.1)

    async def _applying(self, mode: str) -> None:
        for port in self.ports[1:]:
            async with AsyncMongoClient("127.0.0.1", port, directConnection=True) as member:
                await member.admin.command({"configureFailPoint": "rsSyncApplyStop", "mode": mode})


@pytest.fixture(scope="module")
async def three(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ReplicaSet]:
    """Start a set of three."""
    ports: list[int] = []
    while len(ports) < 3:
        ports += {free_port()}.difference(ports)
    folder, program = tmp_path_factory.mktemp("three"), find_mongod(None)
    members = [_member(program, folder / str(port), port) for port in ports]
    try:
        async with asyncio.timeout(PATIENCE), AsyncMongoClient("127.0.0.1", ports[0], directConnection=True) as first:
            while not await _is_up(first):
                await asyncio.sleep(0.1)
            await first.admin.command("replSetInitiate", _configured(ports[:1], 1))
            while not (await first.admin.command("hello"))["isWritablePrimary"]:
                await asyncio.sleep(0.1)
            await first.admin.command("replSetReconfig", _configured(ports, 2))
            while [each["stateStr"] for each in await _status(first)] != ["PRIMARY", "SECONDARY", "SECONDARY"]:
                await asyncio.sleep(0.1)
        yield ReplicaSet(ports)
    finally:
        for each in members:
            each.kill()
            each.wait()


def _member(program: Path, folder: Path, port: int) -> subprocess.Popen[bytes]:
    folder.mkdir()
    words = ["--dbpath", str(folder), "--port", str(port), "--replSet", "three", "--bind_ip", "127.0.0.1"]
    small = ["--oplogSize", "50", "--wiredTigerCacheSizeGB", "0.25", "--setParameter", "enableTestCommands=1"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(
        [str(program), *words, *small, "--setParameter", "diagnosticDataCollectionEnabled=0"], **quiet
    )


def _configured(ports: list[int], version: int) -> dict[str, Any]:
    """Configure a set in which the first member alone votes: however busy the machine is, it stays the primary."""
    members = [
        {"_id": number, "host": f"127.0.0.1:{port}", "priority": int(number == 0), "votes": int(number == 0)}
        for number, port in enumerate(ports)
    ]
    return {"_id": "three", "version": version, "members": members}


async def _is_up(client: Any) -> bool:
    try:
        await client.admin.command("ping")
    except PyMongoError:
        return False
    return True


async def _status(client: Any) -> Any:
    return (await client.admin.command("replSetGetStatus"))["members"]


@pytest.fixture(params=["motor", "pymongo"])
async def asked(request: pytest.FixtureRequest, three: ReplicaSet) -> AsyncIterator[tuple[Driver, Database, Asked]]:
    """Connect to a new shop on the set, and listen to what is asked of whom."""
    listener = Asked()
    driver = Driver(three.uri, request.param, event_listeners=[listener])
    database = driver.client[f"shop_{ObjectId()}"]
    await migrate(database, "test")
    yield driver, database, listener
    await driver.client.drop_database(database.name)
    await driver.close()


async def _now(database: Database) -> str:
    """Return what time it is, once all members have come so far."""
    everywhere = database["everywhere"].with_options(write_concern=WriteConcern(3))
    await everywhere.insert_one({})
    return await _time(database)


async def _time(database: Database) -> str:
    hello: Any = await database.command("hello")
    return str(cursor_of(hello["operationTime"]))


async def test_lists_and_counts_go_to_secondaries_and_nothing_else(
    three: ReplicaSet, asked: tuple[Driver, Database, Asked]
) -> None:
    """Carts, orders, single products, what the ledger reads and what sellers see of their own: the primary's alone."""
    driver, database, listener = asked
    product_id = await add_product(database, stock=0, shelves=[EVERYTHING], price_now=500, popularity=0)
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(Restock(product_id, 10, "seller", "delivery"))
        placed = await buy(ledger, buyer(1), product_id)
        await ledger.submit(SetLine(buyer(2), product_id, 1))
    await Carts(driver, database).get(buyer(2))
    await Orders(database).get(placed.order.id)
    await Products(driver, database).get(product_id)
    cursor = await _now(database)
    reads = StaleReads(driver, database, lambda: cursor, aside=True, within=PATIENCE)
    lists, secondaries = Lists(driver, database, reads), set(three.ports[1:])
    await lists.page(Filters(managing=True), "newest", limit=10, after=None)
    ports = {port for asked_of in listener.ports.values() for port in asked_of}
    assert listener.ports.keys() >= {"carts", "orders", "products"}
    assert ports == {three.ports[0]}

    listener.ports.clear()
    (seen,) = (await lists.page(Filters(), "newest", limit=10, after=None)).listings
    assert seen.level.stock == 9
    await lists.chosen([product_id], Filters())
    await lists.page(Filters(in_stock=True), "price", limit=10, after=None)
    figures = ShopFigures(driver, database, reads)
    assert (await figures.carts())["filled"] == 1
    await figures.users()
    assert listener.ports.keys() == {"products", "carts", "users"}
    assert all(of <= secondaries for of in listener.ports.values()), listener.ports

    listener.ports.clear()
    await Lists(driver, database).page(Filters(), "newest", limit=10, after=None)  # as it is without the setting
    assert listener.ports == {"products": {three.ports[0]}}


async def test_a_list_is_never_older_than_what_was_told(
    three: ReplicaSet, asked: tuple[Driver, Database, Asked]
) -> None:
    """Secondaries that are behind are given a moment; then the primary answers, with the level that browsers know."""
    driver, database, listener = asked
    product_id = await add_product(database, stock=0, shelves=[EVERYTHING], price_now=500, popularity=0)
    cursor = await _now(database)
    lists = Lists(driver, database, StaleReads(driver, database, lambda: cursor, aside=True, within=5.0))
    async with three.secondaries_stand_still():
        written = database["products"].with_options(write_concern=WriteConcern(1))
        await written.update_one({"_id": ObjectId(product_id)}, {"$set": {"stock": 7, "version": 1}})
        (old,) = (await lists.page(Filters(), "newest", limit=10, after=None)).listings
        assert old.level.version == 0  # nobody was told of the change: it may be missing
        cursor = await _time(database)  # the change stream has told of it
        listener.ports.clear()
        (seen,) = (await lists.page(Filters(), "newest", limit=10, after=None)).listings
        assert (seen.level.stock, seen.level.version) == (7, 1)
        assert three.ports[0] in listener.ports["products"]


async def test_without_a_primary_the_change_stream_is_read_from_secondaries(
    three: ReplicaSet, asked: tuple[Driver, Database, Asked]
) -> None:
    """What was committed is told before there is one again, carts of others whole; afterwards it goes on."""
    driver, database, _ = asked
    product_id = await add_product(database, stock=0)
    feed = ChangeFeed(driver, database, "another")
    heard: list[Any] = []

    async def follow() -> None:
        async for changes in feed.batches():
            heard.extend(changes)

    async def heard_of(version: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while version not in levels(heard):
                assert not following.done(), following.exception()
                await asyncio.sleep(0.02)

    await feed.open()
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(Restock(product_id, 10, "seller", "delivery"))
        await ledger.submit(SetLine(buyer(1), product_id, 2))
        await ledger.submit(SetLine(buyer(1), product_id, 3))
        async with three.no_primary():
            async with asyncio.timeout(PATIENCE):
                while driver.has_primary:
                    await asyncio.sleep(0.02)
            following = asyncio.create_task(follow())
            await heard_of(3)
            assert [each.cart.lines for each in heard if isinstance(each, CartWritten)][-1][0].quantity == 3
        async with asyncio.timeout(PATIENCE):
            while not driver.has_primary:
                await asyncio.sleep(0.02)
        await ledger.submit(Restock(product_id, 1, "seller", "delivery"))
        await heard_of(4)
    assert levels(heard) == [1, 2, 3, 4]
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await feed.close()


def levels(heard: list[Any]) -> list[int]:
    """Return the versions of levels that were heard of, in their order."""
    return [each.version for each in heard if isinstance(each, LevelChanged)]
