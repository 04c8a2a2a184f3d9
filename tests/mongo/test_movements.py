"""The history of stock: by product and by seller, found without reading what is not asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import running_ledger
from ivorycart.stock_work import MovementFilter
from models.commands import Adjust, Restock, SetLine
from mongo import movements as module
from mongo.driver import Database, Driver
from mongo.movements import MOST_SCANNED, PORTION, Movements
from mongo.schema import STEPS, _movements_of_sellers, migrate
from tests.mongo.shop import ANNA, SELLER, add_product, both_drivers, buy
from tests.mongo.test_finding import Overheard, plan_of

MINE = MovementFilter(seller_id=str(SELLER))
START = datetime(2026, 1, 1, tzinfo=UTC)


@both_drivers
async def test_a_seller_sees_what_came_and_went_of_all_products(driver: Driver, database: Database):
    """Newest first, page by page; not what carts hold, and nothing of others."""
    tea, mug, foreign = [await add_product(database, 0, seller_id=seller) for seller in (SELLER, SELLER, ObjectId())]
    async with running_ledger(driver, database) as ledger:
        for product_id in (tea, mug, foreign):
            await ledger.submit(Restock(product_id, 10, "seller", "delivery"))
        await ledger.submit(SetLine(ANNA, mug, 2))
        await buy(ledger, ANNA, tea)
        await ledger.submit(Adjust(mug, 5, None, "seller", "counted"))
    book = Movements(database)
    found = await walk(book, MINE, 1)
    kinds = [(row["product_id"], row["change_type"]) for row in found]
    assert sorted(kinds) == sorted(
        [(mug, "adjustment"), (tea, "purchase"), (mug, "purchase"), (mug, "restock"), (tea, "restock")]
    )
    assert [row["timestamp"] for row in found] == sorted((row["timestamp"] for row in found), reverse=True)
    assert all({"seller_id", "cursor"}.isdisjoint(row) for row in found)


async def walk(book: Movements, wanted: MovementFilter, limit: int) -> list[Any]:
    """Read a history to its end."""
    found: list[Any] = []
    after: Any = None
    while True:
        rows, after = await book.page(wanted, limit=limit, after=after)
        assert len(rows) <= limit
        found += rows
        if after is None:
            return found


@pytest.mark.parametrize("portion", [7, 500])
async def test_histories_are_filtered(database: Database, portion: int, monkeypatch: pytest.MonkeyPatch):
    """By kind, period and actor; rows of one moment are paged without loss, however few are looked at for a page."""
    monkeypatch.setattr(module, "PORTION", portion)
    monkeypatch.setattr(module, "MOST_SCANNED", 2 * portion)
    product_id = str(ObjectId())
    rows = [row_of(product_id, number) for number in range(40)]
    await database["inventory_logs"].insert_many(rows)
    book = Movements(database)
    for whose in ({"seller_id": str(SELLER)}, {"product_id": product_id}):
        for filters, expected in (
            ({}, range(40)),
            ({"change_type": "restock"}, range(0, 40, 2)),
            ({"actor": "u:1"}, range(1, 40, 4)),
            ({"since": START, "before": START + timedelta(hours=1)}, range(10)),
            ({"since": START + timedelta(hours=3)}, range(30, 40)),
        ):
            given: Any = {**whose, **filters}
            found = await walk(book, MovementFilter(**given), 3)
            assert sorted(row["version"] - 1 for row in found) == list(expected), given


def row_of(product_id: str, number: int, **others: Any) -> dict[str, Any]:
    """Make a movement; ten each are of one moment."""
    return {
        "product_id": ObjectId(product_id),
        "seller_id": SELLER,
        "version": number + 1,
        "change_type": ("restock", "purchase")[number % 2],
        "timestamp": START + timedelta(hours=number // 10),
        "actor": f"u:{number % 4}",
        "old_stock": 0,
        "new_stock": 1,
        "old_held": 0,
        "new_held": 0,
        **others,
    }


async def test_no_history_reads_what_is_not_asked_for(mongo_uri: str, database: Database):
    """A page reads a page, wherever it is, in order; with filters that no index has, so many rows and no more."""
    tea = str(ObjectId())
    rows = [row_of(tea, number) for number in range(3 * MOST_SCANNED)]
    rows += [row_of(str(ObjectId()), number, seller_id=ObjectId()) for number in range(300)]
    await database["inventory_logs"].insert_many(rows)
    listener = Overheard(("inventory_logs",))
    driver = Driver(mongo_uri, "motor", event_listeners=[listener])
    book = Movements(driver.client[database.name])
    middle = START + timedelta(hours=20)
    for whose in (MINE, MovementFilter(product_id=tea)):
        for filters, most in (
            ({}, 12),
            ({"change_type": "restock"}, PORTION + 2),
            ({"change_type": "adjustment"}, MOST_SCANNED),
            ({"actor": "u:3"}, PORTION + 2),
            ({"actor": "u:nobody", "change_type": "purchase"}, MOST_SCANNED),
            ({"since": START, "before": middle}, MOST_SCANNED if whose.product_id else 12),
            ({"before": START}, MOST_SCANNED if whose.product_id else 0),
        ):
            given: Any = filters
            first, after = await book.page(replace(whose, **given), limit=10, after=None)
            listener.commands.clear()
            if first:
                await book.page(replace(whose, **given), limit=10, after=after)
            else:
                assert bool(after) == bool(most)
                await book.page(replace(whose, **given), limit=10, after=None)
            examined = 0
            for command in listener.commands:
                plan, stats = await plan_of(database, command)
                assert not plan & {"COLLSCAN", "SORT"}, command
                assert stats["totalKeysExamined"] <= stats["nReturned"] + 4, command
                examined += stats["totalDocsExamined"]
            assert examined <= most, (whose, filters)
    await driver.close()


async def test_movements_of_before_get_their_seller(driver: Driver):
    """Where something came or went."""
    database = driver.client[f"before_{ObjectId()}"]
    try:
        await migrate(database, "me")
        product_id = await add_product(database, 0)
        for number, new_stock in enumerate((1, 0)):
            row = row_of(product_id, number, new_stock=new_stock, old_stock=0)
            del row["seller_id"]
            await database["inventory_logs"].insert_one(row)
        await database["meta"].update_one({"_id": "schema"}, {"$set": {"version": STEPS.index(_movements_of_sellers)}})
        await migrate(database, "me")
        found = await database["inventory_logs"].find().sort("version", 1).to_list(None)
        assert [row.get("seller_id") for row in found] == [SELLER, None]
    finally:
        await driver.client.drop_database(database.name)


async def test_names_are_of_accounts_that_there_are(database: Database):
    """Others have none."""
    number = ObjectId()
    await database["users"].insert_one(
        {"_id": number, "email": "a@b.test", "role": "seller", "password": "", "name": "Sally"}
    )
    found = await Movements(database).names([str(number), str(ObjectId()), "seller"])
    assert found == {str(number): "Sally"}
