"""The history of stock: by product and by seller, found without reading what is not asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from ivorycart.stock_work import MovementFilter
from models.commands import Adjust, Restock, SetLine
from mongo.driver import Database, Driver
from mongo.movements import Movements
from mongo.schema import STEPS, migrate
from tests.mongo.shop import ANNA, SELLER, add_product, both_drivers, buy, running_ledger

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
    found: list[Any] = []
    while page := await book.of_seller(MINE, limit=1, after=found[-1]["cursor"] if found else None):
        found += page
    kinds = [(row["product_id"], row["change_type"]) for row in found]
    assert sorted(kinds) == sorted(
        [(mug, "adjustment"), (tea, "purchase"), (mug, "purchase"), (mug, "restock"), (tea, "restock")]
    )
    assert [row["timestamp"] for row in found] == sorted((row["timestamp"] for row in found), reverse=True)
    assert all("seller_id" not in row for row in found)


async def test_histories_are_filtered(database: Database):
    """By kind, period and actor; rows of one moment are paged without loss."""
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
            found: list[Any] = []
            after: Any = None
            while True:
                find: Any = book.of_seller if "seller_id" in whose else book.of_product
                page = await find(MovementFilter(**given), limit=3, after=after)
                found += page
                if len(page) < 3:
                    break
                after = page[-1]["cursor"] if "seller_id" in whose else page[-1]["version"]
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


async def test_a_sellers_history_is_found_without_reading_others(database: Database):
    """A page reads a page, wherever it is, in order; a kind is told by the index alone."""
    rows = [row_of(str(ObjectId()), number) for number in range(300)]
    rows += [row_of(str(ObjectId()), number, seller_id=ObjectId()) for number in range(300)]
    await database["inventory_logs"].insert_many(rows)
    seller = {"seller_id": {"$eq": SELLER, "$type": "objectId"}}
    middle = START + timedelta(hours=20)
    for query in (
        seller,
        {**seller, "change_type": "restock"},
        {**seller, "timestamp": {"$gte": START, "$lt": middle}},
        {
            **seller,
            "timestamp": {"$lte": middle},
            "$or": [{"timestamp": {"$lt": middle}}, {"_id": {"$lt": ObjectId()}}],
        },
    ):
        find = {"find": "inventory_logs", "filter": query, "sort": {"timestamp": -1, "_id": -1}, "limit": 10}
        plan: Any = await database.command({"explain": find, "verbosity": "executionStats"})
        assert plan["executionStats"]["totalDocsExamined"] <= 20, query
        assert "of_seller" in str(plan["queryPlanner"]["winningPlan"])
        assert "'stage': 'SORT'" not in str(plan["queryPlanner"]["winningPlan"])


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
        await database["meta"].update_one({"_id": "schema"}, {"$set": {"version": len(STEPS) - 1}})
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
