"""The figures of the whole shop: each agrees with what is stored, and each is found by an index."""

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import running_ledger
from models.commands import JoinLine, OfferNext, SetLine
from models.letter import Letter
from mongo.driver import Database, Driver
from mongo.emails import Emails
from mongo.shop_figures import ShopFigures
from tests.mongo.shop import add_product, both_drivers, buy, buyer


async def add_user(database: Database, role: str, **fields: Any) -> None:
    """Write an account as others do."""
    user_id = ObjectId()
    known = {"email": f"{user_id}@shop.test", "name": "Ada", "role": role, "password": "hash"}
    await database["users"].insert_one({"_id": user_id, **known, "deleted_at": None, **fields})


@both_drivers
async def test_users_are_counted_by_role_without_deleted_ones(driver: Driver, database: Database) -> None:
    """New today are those whose day of birth, by UTC, is today."""
    figures = ShopFigures(driver, database)
    now = await figures.clock()
    for role, count in (("buyer", 3), ("seller", 2), ("admin", 1)):
        for _ in range(count):
            await add_user(database, role)
    await add_user(database, "buyer", deleted_at=now)
    await add_user(database, "buyer", _id=ObjectId.from_datetime(now - timedelta(days=1)))
    assert await figures.users() == {
        "by_role": {"buyer": 4, "seller": 2, "delivery": 0, "admin": 1},
        "total": 7,
        "new_today": 6,
    }


@both_drivers
async def test_carts_and_orders_are_those_of_now(driver: Driver, database: Database) -> None:
    """An empty cart is none; an order of two minutes ago is not of this minute."""
    figures = ShopFigures(driver, database)
    assert await figures.carts() == {"filled": 0, "units_held": 0}
    tea, cup = await add_product(database), await add_product(database)
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLine(buyer(1), tea, 3))
        await ledger.submit(SetLine(buyer(1), cup, 1))
        await ledger.submit(SetLine(buyer(2), tea, 2))
        for number in range(3, 6):
            await buy(ledger, buyer(number), tea, 2)
    assert await figures.carts() == {"filled": 2, "units_held": 6}
    assert await figures.orders() == {"per_minute": 3}
    earlier: Any = {"$dateSubtract": {"startDate": "$$NOW", "unit": "minute", "amount": 2}}
    await database["orders"].update_one({"owner": buyer(3)}, [{"$set": {"timestamp": earlier}}])
    assert await figures.orders() == {"per_minute": 2}


async def test_what_is_offered_is_held_and_in_nobodys_cart(driver: Driver, database: Database) -> None:
    """A unit kept for whoever waited for it has a cart of its own, which nobody filled."""
    tea = await add_product(database, 1)
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLine(buyer(1), tea, 1))
        await ledger.submit(JoinLine(tea, buyer(2)))
        await ledger.submit(SetLine(buyer(1), tea, 0))
        await ledger.submit(OfferNext(tea, 1))
    assert await ShopFigures(driver, database).carts() == {"filled": 0, "units_held": 1}


@both_drivers
async def test_the_mail_queue_says_what_waits_and_why(driver: Driver, database: Database) -> None:
    """Due ones may go now; retried ones failed before."""
    figures, book = ShopFigures(driver, database), Emails(database)
    empty = {"pending": 0, "due": 0, "retried": 0, "dead": 0, "unsent": 0, "oldest_pending_seconds": None}
    assert await figures.mail() == empty
    for key in "abcde":
        await book.add(Letter(key, "low_stock", "ada@shop.test", {}))
    by_key = {mail.key: mail for mail in await book.claim(10)}
    await book.sent(by_key["a"])
    await book.dead(by_key["b"], "no such user")
    await book.retry(by_key["c"], "busy", timedelta(hours=1))
    await book.give_back(by_key["d"])
    hour: Any = {"$dateSubtract": {"startDate": "$$NOW", "unit": "hour", "amount": 1}}
    await database["emails"].update_one({"_id": "c"}, [{"$set": {"created_at": hour}}])
    queue = dict(await figures.mail())
    assert 3600 <= queue.pop("oldest_pending_seconds") < 3700
    assert queue == {"pending": 3, "due": 1, "retried": 1, "dead": 1, "unsent": 0}


@pytest.mark.parametrize("read", ["users", "carts", "orders", "mail"])
async def test_no_figure_reads_a_whole_collection(driver: Driver, database: Database, read: str) -> None:
    """What admins look at every two seconds must not cost the buyers."""
    await database.command({"profile": 2})
    await getattr(ShopFigures(driver, database), read)()
    await database.command({"profile": 0})
    plans = [row.get("planSummary", "") async for row in database["system.profile"].find({"op": "command"})]
    assert plans
    assert not [plan for plan in plans if "COLLSCAN" in plan]
