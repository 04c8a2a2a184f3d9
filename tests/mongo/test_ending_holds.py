"""Warnings of the end of a hold, on a real database: once for each end, by its clock, to whom the cart belongs."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bench.shop.ledger import running_ledger
from ivorycart.warning import Warner
from models.commands import BeginOrder, ClearCart, MergeCarts, SetEmail, SetLine
from models.identity import OwnerId, owner_of_user
from models.policy import Policy
from models.telling import Choice
from mongo import ending_holds
from mongo.driver import Database, Driver
from mongo.emails import Emails
from mongo.ending_holds import HoldsThatEnd
from mongo.preferences import Preferences
from mongo.users import Users
from tests.mongo.shop import ANNA, add_product, both_drivers, buyer, order

GUEST = OwnerId("s:" + "a" * 32)
HOLD = timedelta(seconds=600)


def warner(database: Database, hold: timedelta = HOLD, clock: Callable[[], float] = lambda: 0.0) -> Warner:
    """Make the worker."""
    return Warner(HoldsThatEnd(database), hold, clock)


async def ends_in(database: Database, owner: str, seconds: float) -> datetime:
    """Let a cart's hold end in so many seconds by the database's clock; return when."""
    later = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": round(seconds * 1000)}}
    await database["carts"].update_one({"_id": owner}, [{"$set": {"expires_at": later}}])
    cart: Any = await database["carts"].find_one({"_id": owner})
    end: datetime = cart["expires_at"]
    return end


async def warned(database: Database) -> Counter[str]:
    """Count the warnings of each owner."""
    return Counter([row["to"] async for row in database["notifications"].find({"kind": "hold_expiring"})])


@both_drivers
async def test_a_hold_is_warned_of_a_minute_before_its_end_and_once(driver: Driver, database: Database):
    """Users and guests; neither earlier, nor when it is over, nor by every worker that looks."""
    tea = await add_product(database)
    seconds = {ANNA: 59.0, GUEST: 30.0, buyer(1): 75.0, buyer(2): -1.0}
    async with running_ledger(driver, database) as ledger:
        for owner in seconds:
            await ledger.submit(SetLine(owner, tea, 1))
    ends = {owner: await ends_in(database, owner, each) for owner, each in seconds.items()}
    one = warner(database)
    for each in (one, one, warner(database)):
        await each.step()
    assert await warned(database) == {ANNA: 1, GUEST: 1}
    rows = await database["notifications"].find().to_list(None)
    assert {row["to"]: row["until"] for row in rows} == {owner: ends[owner] for owner in (ANNA, GUEST)}
    assert all(not row["seen"] and row["data"].keys() == {"expires_at"} for row in rows)
    assert await database["emails"].count_documents({}) == 0


async def test_what_was_ordered_or_emptied_meanwhile_is_not_warned_of(driver: Driver, database: Database):
    """There is nothing left to lose; where holding is off there never was."""
    tea = await add_product(database)
    async with running_ledger(driver, database, policy=Policy(hold=timedelta(0))) as ledger:
        await ledger.submit(SetLine(buyer(3), tea, 1))
    async with running_ledger(driver, database) as ledger:
        for owner in (ANNA, buyer(1), buyer(2)):
            await ledger.submit(SetLine(owner, tea, 1))
            await ends_in(database, owner, 40)
        await ledger.submit(order(buyer(1)))
        await ledger.submit(ClearCart(buyer(2)))
        await warner(database).step()
        await warner(database, timedelta(0)).step()
    assert await warned(database) == {ANNA: 1}


async def test_a_hold_that_is_prolonged_for_the_order_is_warned_of_once_more(driver: Driver, database: Database):
    """At most: it is prolonged but once."""
    tea = await add_product(database)
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLine(ANNA, tea, 1))
        await ends_in(database, ANNA, 10)
        worker = warner(database)
        await worker.step()
        for key in ("a", "b"):
            await ledger.submit(BeginOrder(ANNA, key, "f", None))
            await worker.step()
        await ends_in(database, ANNA, 55)  # the extra minute has come within the warning
        for each in (worker, worker, warner(database)):
            await each.step()
    assert await warned(database) == {ANNA: 2}


async def test_a_cart_that_got_an_earlier_end_is_found_by_the_next_look(driver: Driver, database: Database):
    """Merging takes the earlier end of two carts, and those that come later were warned of already."""
    tea = await add_product(database)
    async with running_ledger(driver, database) as ledger:
        for owner in (GUEST, buyer(1)):
            await ledger.submit(SetLine(owner, tea, 1))
        await ends_in(database, GUEST, 20)
        await ends_in(database, buyer(1), 40)
        now = [0.0]
        worker = warner(database, clock=lambda: now[0])
        await worker.step()
        await ledger.submit(MergeCarts(GUEST, ANNA))
        await worker.step()
        assert ANNA not in await warned(database)
        now[0] = 15.0
        await worker.step()
    assert await warned(database) == {GUEST: 1, buyer(1): 1, ANNA: 1}


async def test_by_mail_is_warned_who_has_asked_for_it(driver: Driver, database: Database):
    """At the account's address; an address that a guest left for alerts is for these."""
    tea, users = await add_product(database), Users(database)
    given: Any = {"name": "A", "role": "buyer", "password": "x", "activated": True}
    ada, bob = [await users.add(email=f"{name}@shop.test", **given) for name in ("ada", "bob")]
    assert ada
    assert bob
    await Preferences(database).choose(ada, {"hold_expiring": Choice(email=True)})
    async with running_ledger(driver, database) as ledger:
        for owner in (owner_of_user(ada), owner_of_user(bob), GUEST):
            await ledger.submit(SetLine(owner, tea, 1))
            await ledger.submit(SetEmail(owner, "left@shop.test"))
            await ends_in(database, owner, 50)
    await warner(database).step()
    rows = await database["emails"].find({"kind": "hold_expiring"}).to_list(None)
    assert [row["to"] for row in rows] == ["ada@shop.test"]
    assert rows[0]["until"] == (await database["carts"].find_one({"_id": owner_of_user(ada)}))["expires_at"]
    assert len(await warned(database)) == 3
    assert [mail.kind for mail in await Emails(database).claim(10)] == ["hold_expiring"]


class Killed(BaseException):
    """The process died here."""


async def test_killed_between_the_mails_and_the_warnings_each_is_written_once(
    driver: Driver, database: Database, monkeypatch: pytest.MonkeyPatch
):
    """The mails come first: what has its warning is left out by whoever comes next."""
    tea, users = await add_product(database), Users(database)
    given: Any = {"name": "A", "role": "buyer", "password": "x", "activated": True}
    ada = await users.add(email="ada@shop.test", **given)
    assert ada
    await Preferences(database).choose(ada, {"hold_expiring": Choice(email=True)})
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLine(owner_of_user(ada), tea, 1))
    await ends_in(database, owner_of_user(ada), 50)
    insert = ending_holds.insert_new
    for at in (1, 2, 3):
        left = [at]

        async def dying(collection: Any, rows: Any, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise Killed
            await insert(collection, rows)

        monkeypatch.setattr(ending_holds, "insert_new", dying)
        try:
            await warner(database).step()
        except Killed:
            continue
    assert await warned(database) == {owner_of_user(ada): 1}
    assert await database["emails"].count_documents({}) == 1


async def test_a_thousand_holds_that_end_at_once_are_warned_of_in_portions(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    """All of them, once, two workers at a time; the carts of offers are nobody's."""
    monkeypatch.setattr(ending_holds, "PORTION", 100)
    line = {"product_id": 1, "quantity": 1, "since": 1}
    rest = {"revision": 1, "lines": [line], "currency": "EUR", "extended": False, "email": None, "expired": []}
    end = await _in_a_while(database)
    owners = [f"s:{number:032}" for number in range(1000)]
    carts = [{"_id": owner, "expires_at": end, **rest} for owner in [*owners, "o:tea:1"]]
    await database["carts"].insert_many(carts)
    portions = [len(each.holds) async for each in HoldsThatEnd(database).ending(timedelta(seconds=60), None)]
    assert portions == [100] * 10
    await asyncio.gather(*(warner(database).step() for _ in range(2)))
    assert await warned(database) == dict.fromkeys(owners, 1)


async def _in_a_while(database: Database) -> datetime:
    hello: Any = await database.command("hello", codec_options=database.codec_options)
    now: datetime = hello["localTime"]
    return now + timedelta(seconds=45)


async def test_looking_for_ends_reads_no_cart_that_ends_later(database: Database):
    """By the index on their ends."""
    end = await _in_a_while(database) + timedelta(hours=1)
    cart = {"revision": 1, "lines": [{}], "currency": "EUR", "expires_at": end}
    await database["carts"].insert_many([{"_id": f"s:{number}", **cart} for number in range(200)])
    soon = {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": 60}}
    times = {"$and": [{"$gt": ["$expires_at", "$$NOW"]}, {"$lte": ["$expires_at", soon]}]}
    query = {"expires_at": {"$type": "date"}, "$expr": times, "currency": {"$type": "string"}}
    query["_id"] = {"$regex": "^[us]:"}
    command = {"find": "carts", "filter": query, "sort": {"expires_at": 1}}
    plan = await database.command({"explain": command, "verbosity": "executionStats"})
    assert plan["executionStats"]["totalDocsExamined"] == 0
