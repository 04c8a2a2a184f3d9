"""Reading orders: a buyer's own, newest first, page by page, each once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import running_ledger
from models.identity import OwnerId
from mongo.driver import Database, Driver
from mongo.orders import Orders
from tests.mongo.shop import add_product, both_drivers, buy, buyer
from tests.mongo.test_carts import stages

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA, BOB = ObjectId(), ObjectId()


def a_row(buyer_id: ObjectId | None, number: int, at: datetime) -> dict[str, Any]:
    """Build a stored order."""
    return {
        "_id": ObjectId(),
        "owner": f"u:{buyer_id}",
        "buyer_id": buyer_id,
        "order_key": f"key {number}",
        "fingerprint": "f",
        "product_list": [],
        "total_amount": number,
        "currency": "EUR",
        "status": "placed",
        "history": [],
        "fulfilments": [],
        "address": None,
        "email": None,
        "payment": None,
        "timestamp": at,
    }


@both_drivers
async def test_an_order_is_read_as_it_was_placed(driver: Driver, database: Database):
    """And one that does not exist is none."""
    tea = await add_product(database, 5)
    async with running_ledger(driver, database) as ledger:
        placed = await buy(ledger, buyer(1), tea)
    orders = Orders(database)
    assert await orders.get(placed.order.id) == placed.order
    assert await orders.get(str(ObjectId())) is None


async def test_pages_show_each_of_a_buyers_orders_once_the_newest_first(database: Database):
    """Also where many were placed in the same millisecond; nobody else's are among them."""
    rows = [a_row(ADA, number, NOON + timedelta(seconds=number // 4)) for number in range(11)]
    others = [a_row(BOB, 90, NOON), a_row(None, 91, NOON)]
    await database["orders"].insert_many([*others, *rows])
    orders, found = Orders(database), []
    while page := await orders.of_buyer(str(ADA), limit=3, after=found[-1].id if found else None):
        found += page
    assert {order.total_amount for order in found} == set(range(11))
    assert len(found) == 11
    assert [order.timestamp for order in found] == sorted((order.timestamp for order in found), reverse=True)


async def test_a_cursor_that_is_not_ones_own_shows_nothing(database: Database):
    """Not even when somebody else's order was placed."""
    mine, theirs = a_row(ADA, 1, NOON), a_row(BOB, 2, NOON + timedelta(hours=1))
    await database["orders"].insert_many([mine, theirs])
    orders = Orders(database)
    for after in (str(theirs["_id"]), str(ObjectId())):
        assert await orders.of_buyer(str(ADA), limit=3, after=after) == []


@pytest.mark.parametrize("after", [False, True])
async def test_a_page_reads_the_buyers_orders_only(database: Database, *, after: bool):
    """However many there are of others."""
    await database["orders"].insert_many([a_row(BOB, number, NOON) for number in range(200)] + [a_row(ADA, 1, NOON)])
    query: dict[str, Any] = {"buyer_id": {"$eq": ADA, "$type": "objectId"}}
    if after:
        query["$or"] = [{"timestamp": {"$lt": NOON}}, {"timestamp": NOON, "_id": {"$lt": ObjectId()}}]
    command = {"find": "orders", "filter": query, "sort": {"timestamp": -1, "_id": -1}, "limit": 20}
    plan = await database.command({"explain": command, "verbosity": "executionStats"})
    assert "COLLSCAN" not in stages(plan["queryPlanner"]["winningPlan"])
    assert plan["executionStats"]["totalDocsExamined"] == 1


async def test_a_guests_order_belongs_to_no_buyer(driver: Driver, database: Database):
    """It is found by its id, and in nobody's history."""
    tea = await add_product(database, 5)
    async with running_ledger(driver, database) as ledger:
        placed = await buy(ledger, OwnerId("s:guest"), tea)
    assert (await Orders(database).get(placed.order.id)).buyer_id is None
    assert await Orders(database).of_buyer(str(ADA), limit=5, after=None) == []
