"""The catalogue: added whole or not at all, paged by key, every movement at hand."""

import asyncio
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import PyMongoError

from bench.shop.ledger import running_ledger
from ivorycart.stock_work import MovementFilter
from models.commands import Restock
from models.errors import Conflict, Pending, StorageUnavailable
from mongo import products as module
from mongo.driver import Database, Driver
from mongo.movements import Movements
from mongo.products import Products
from tests.mongo.shop import SELLER, add_product, both_drivers, check_books, failing
from tests.mongo.test_carts import stages

ENTRY: dict[str, Any] = {
    "name": "Tea",
    "description": "$literal {$ne: 1}",
    "price": 500,
    "currency": "EUR",
    "category": "kitchen/tea",
    "stock": 7,
    "sku": None,
    "tags": ["$green"],
    "threshold": 3,
    "max_per_cart": 10,
    "seller_id": str(SELLER),
    "images": [],
}


@pytest.fixture
def products(driver: Driver, database: Database) -> Products:
    """Open the catalogue."""
    return Products(driver, database)


async def size(database: Database) -> tuple[int, int]:
    """Count products and movements."""
    return await database["products"].count_documents({}), await database["inventory_logs"].count_documents({})


@both_drivers
async def test_what_is_added_begins_with_its_opening_movement(products: Products, database: Database):
    """Nothing on hand, no movement; text is kept word for word."""
    full, empty = await products.add([ENTRY, ENTRY | {"stock": 0}], "seller")
    listing = await products.get(full)
    assert (listing.level.stock, listing.level.held, listing.level.version) == (7, 0, 1)
    assert (listing.description, listing.tags) == (ENTRY["description"], ("$green",))
    assert (await products.get(empty)).level.version == 0
    (movement,), _ = await Movements(database).page(MovementFilter(product_id=full), limit=10, after=None)
    assert (movement["version"], movement["old_stock"], movement["new_stock"]) == (1, 0, 7)
    assert (movement["change_type"], movement["actor"]) == ("restock", "seller")
    assert listing.created_at == movement["timestamp"]
    await check_books(database)


async def test_the_ledger_goes_on_from_the_opening(products: Products, driver: Driver, database: Database):
    """Versions have no gap."""
    (tea,) = await products.add([ENTRY], "seller")
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(Restock(tea, 3, "seller", ""))
    rows, _ = await Movements(database).page(MovementFilter(product_id=tea), limit=10, after=None)
    assert [each["version"] for each in rows] == [2, 1]
    await check_books(database)


@both_drivers
async def test_a_sku_that_is_taken_refuses_all(products: Products, database: Database):
    """In the store or twice in one go; entries without one do not collide."""
    await products.add([ENTRY | {"sku": "A"}], "seller")
    for skus in (("B", "A"), ("C", "C")):
        with pytest.raises(Conflict, match="SKU"):
            await products.add([ENTRY | {"sku": sku} for sku in skus], "seller")
    assert await size(database) == (1, 1)
    await products.add([ENTRY, ENTRY], "seller")
    assert (await products.by_sku("A")).sku == "A"
    assert await products.by_sku("B") is None
    assert await products.get(str(ObjectId())) is None


@both_drivers
async def test_of_many_who_add_the_same_sku_at_once_one_succeeds(products: Products, database: Database):
    """The others hear of the conflict, not of the database's troubles with it."""
    answers = await asyncio.gather(
        *(products.add([ENTRY | {"sku": "A"}, ENTRY], "s") for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(each, list) for each in answers) == 1
    assert {type(each) for each in answers if not isinstance(each, list)} == {Conflict}
    assert await size(database) == (2, 2)


async def test_adding_nothing_is_nothing(products: Products, database: Database):
    """An import without rows."""
    assert await products.add([], "seller") == []
    assert await size(database) == (0, 0)


@both_drivers
@pytest.mark.parametrize(
    ("commands", "fault"),
    [
        ("insert", {"errorCode": 112, "errorLabels": ["TransientTransactionError"]}),
        ("insert", {"closeConnection": True}),
        ("commitTransaction", {"closeConnection": True}),
        ("commitTransaction", {"errorCode": 112, "errorLabels": ["TransientTransactionError"]}),
        (
            "commitTransaction",
            {"writeConcernError": {"code": 91, "errmsg": "going down", "errorLabels": []}},
        ),
    ],
)
async def test_a_fault_in_between_adds_all_once(
    products: Products, driver: Driver, database: Database, commands: str, fault: Any
):
    """A lost connection, a conflict, a commit without an answer."""
    async with failing(driver, commands, {"times": 2}, **fault):
        await products.add([ENTRY, ENTRY], "seller")
    assert await size(database) == (2, 2)
    await check_books(database)


async def test_a_fault_that_stays_is_told_as_what_it_is(
    products: Products, driver: Driver, database: Database, monkeypatch: pytest.MonkeyPatch
):
    """Nothing was done, or nobody knows; never a wrong "failed"."""
    monkeypatch.setattr(module, "MAX_RETRIES", 2)
    always: Any = "alwaysOn"
    async with failing(driver, "insert", always, errorCode=112, errorLabels=["TransientTransactionError"]):
        with pytest.raises(StorageUnavailable):
            await products.add([ENTRY], "seller")
    async with failing(driver, "commitTransaction", always, closeConnection=True):
        with pytest.raises(Pending):
            await products.add([ENTRY], "seller")
    assert (await size(database))[0] in {0, 1}


@pytest.mark.parametrize("change", [{"price": -1}, {"stock": -5}, {"name": 5}])
async def test_what_the_database_refuses_leaves_nothing(products: Products, database: Database, change: Any):
    """Its validators are the last line of defence."""
    with pytest.raises((PyMongoError, ValueError)):
        await products.add([ENTRY, ENTRY | change], "seller")
    assert await size(database) == (0, 0)


async def test_what_is_on_show_is_listed_oldest_first(products: Products, database: Database):
    """Hidden and disabled ones are left out."""
    ids = await products.add([ENTRY] * 7, "seller")
    await products.add([ENTRY | {"published": False}], "seller")
    await database["products"].update_one({"_id": ObjectId(ids[3])}, {"$set": {"disabled": True}})
    assert [listing.product.id for listing in await products.on_show(5)] == [ids[n] for n in (0, 1, 2, 4, 5)]


async def test_movements_are_paged_by_version(products: Products, driver: Driver, database: Database):
    """Newest first, before a version, and of this product only."""
    tea, other = await add_product(database, 0), await add_product(database, 0)
    async with running_ledger(driver, database) as ledger:
        for _ in range(5):
            await ledger.submit(Restock(tea, 1, "s", ""))
        await ledger.submit(Restock(other, 1, "s", ""))

    async def versions(before: int | None) -> list[int]:
        rows, _ = await Movements(database).page(MovementFilter(product_id=tea), limit=2, after=before)
        return [each["version"] for each in rows]

    assert [await versions(each) for each in (None, 4, 2, 1)] == [[5, 4], [3, 2], [1], []]


@pytest.mark.parametrize(
    ("collection", "query", "order"),
    [
        ("products", {"published": {"$ne": False}, "disabled": {"$ne": True}}, {"_id": 1}),
        ("products", {"sku": {"$eq": "A", "$type": "string"}}, {}),
        ("inventory_logs", {"product_id": SELLER, "version": {"$lt": 5}}, {"version": -1}),
    ],
)
async def test_no_question_reads_a_whole_collection(database: Database, collection: str, query: Any, order: Any):
    """Nor sorts in memory."""
    plan = await database.command("explain", {"find": collection, "filter": query, "sort": order, "limit": 20})
    assert stages(plan["queryPlanner"]["winningPlan"]).isdisjoint({"COLLSCAN", "SORT"})
