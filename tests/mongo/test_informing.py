"""News for the shop's own pages: each mail with an owner becomes one notification, wherever the worker is killed."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import running_ledger
from ivorycart.informing import Informer
from models.commands import PlaceOrder
from models.identity import OwnerId
from models.letter import Letter
from mongo.driver import Database, Driver
from mongo.emails import Emails
from mongo.informing import DueNotices
from tests.mongo.shop import ANNA, add_product, both_drivers, buy, buyer

GUEST = OwnerId("s:" + "a" * 32)


async def told(database: Database) -> Counter[str]:
    """Count the notifications of each key."""
    return Counter([row["key"] async for row in database["notifications"].find()])


async def left(database: Database) -> int:
    """Count what is still to be told."""
    return await database["emails"].count_documents({"in_app": True})


def letter(number: int, owner: OwnerId | None = ANNA) -> Letter:
    """Build one of many."""
    return Letter(
        f"order_shipped:{number}", "order_shipped", "a@shop.test", {"order_id": f"{number:024x}"}, owner=owner
    )


@both_drivers
async def test_an_order_is_told_its_buyer_in_the_shop(driver: Driver, database: Database):
    """By one row that the order writes, its mail; a guest is told, too."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database) as ledger:
        for owner in (ANNA, GUEST):
            await buy(ledger, owner, tea)
    assert await database["notifications"].count_documents({}) == 0
    await Informer(DueNotices(database)).step()
    rows = await database["notifications"].find().sort("to", 1).to_list(None)
    assert [(row["to"], row["kind"], row["seen"]) for row in rows] == [
        (GUEST, "order_placed", False),
        (ANNA, "order_placed", False),
    ]
    for row in rows:
        mail: Any = await database["emails"].find_one({"_id": row["key"]})
        order: Any = await database["orders"].find_one({"_id": ObjectId(row["data"]["order_id"])})
        assert (mail["owner"], row["at"], order["owner"]) == (row["to"], mail["created_at"], row["to"])
        assert "in_app" not in mail


async def test_an_order_without_an_address_or_a_mail_without_an_owner_tells_nobody(driver: Driver, database: Database):
    """There is nobody to tell, or they are told otherwise."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database) as ledger:
        await buy(ledger, ANNA, tea, email=None)
    await Emails(database).add(letter(1, owner=None))
    await Informer(DueNotices(database)).step()
    assert await told(database) == {}


class Killed(BaseException):
    """The process died here."""


class Dying:
    """A book that dies before or after its n-th call."""

    def __init__(self, book: DueNotices, at: int, *, after: bool) -> None:
        self._book, self._left, self._after = book, at, after

    def __getattr__(self, name: str) -> Any:
        """Wrap each call."""

        async def call(*arguments: Any) -> Any:
            self._left -= 1
            if not self._left and not self._after:
                raise Killed
            answer = await getattr(self._book, name)(*arguments)
            if not self._left:
                raise Killed
            return answer

        return call


@pytest.mark.parametrize("after", [False, True])
async def test_killed_between_any_two_steps_each_is_told_once(database: Database, *, after: bool):
    """Killed at its first call, its second, its third …; the next one does the rest, and nothing twice."""
    for number in range(6):
        await Emails(database).add(letter(number))
    for at in range(1, 8):
        dying: Any = Dying(DueNotices(database), at, after=after)
        try:
            while await left(database):
                await Informer(dying, portion=2).step()
        except Killed:
            assert max((await told(database)).values(), default=1) == 1
    while await left(database):
        await Informer(DueNotices(database), portion=2).step()
    assert await told(database) == {f"order_shipped:{number}": 1 for number in range(6)}


async def test_killed_between_the_notification_and_the_mark_it_is_not_told_again(database: Database):
    """What was seen meanwhile stays seen."""
    await Emails(database).add(letter(1))
    dying: Any = Dying(DueNotices(database), 2, after=True)
    with pytest.raises(Killed):
        await Informer(dying).step()
    assert await left(database) == 1
    await database["notifications"].update_many({}, {"$set": {"seen": True}})
    await Informer(DueNotices(database)).step()
    assert await left(database) == 0
    assert [row["seen"] async for row in database["notifications"].find()] == [True]


async def test_two_workers_at_once_tell_each_once(database: Database):
    """A lease may change hands in the middle."""
    for number in range(40):
        await Emails(database).add(letter(number))
    await asyncio.gather(*(Informer(DueNotices(database)).step() for _ in range(3)))
    assert set((await told(database)).values()) == {1}
    assert len(await told(database)) == 40
    assert await left(database) == 0


async def test_the_oldest_are_told_first_and_a_portion_at_a_time(database: Database):
    """By an index that has nothing but what is still to be told."""
    for number in range(5):
        await Emails(database).add(letter(number))
        await asyncio.sleep(0.002)
    await Informer(DueNotices(database), portion=3).step()
    assert set(await told(database)) == {f"order_shipped:{number}" for number in range(3)}
    command = {"find": "emails", "filter": {"in_app": True}, "sort": {"created_at": 1}}
    plan = await database.command({"explain": command, "verbosity": "executionStats"})
    assert plan["executionStats"]["totalKeysExamined"] <= 3
    assert "SORT" not in str(plan["queryPlanner"]["winningPlan"])


async def test_an_order_whose_transaction_fails_tells_nobody(driver: Driver, database: Database):
    """The mail and its mark are part of the order."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database) as ledger:
        refused = PlaceOrder(
            buyer(1), str(ObjectId()), "k", fingerprint="f", buyer_id=None, email="a@shop.test", address=None,
            payment=None, expected_total=None,
        )  # fmt: skip
        assert isinstance((await asyncio.gather(ledger.submit(refused), return_exceptions=True))[0], Exception)
        await buy(ledger, buyer(2), tea)
    await Informer(DueNotices(database)).step()
    assert len(await told(database)) == 1
