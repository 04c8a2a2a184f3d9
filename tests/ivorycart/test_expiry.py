"""The sweeper: holds that have run out are released exactly, by whoever comes first."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from bson import ObjectId
from prometheus_client import CollectorRegistry

from bench.shop.ledger import running_ledger
from ivorycart.expiry import BATCH, Sweeper, expiry_delay
from models.cart import OverdueCart
from models.commands import Command, ExpireCart, SetLine
from models.errors import CartExpired, Internal, StorageUnavailable
from models.identity import OwnerId
from mongo.carts import Carts
from mongo.driver import Database, Driver
from tests.mongo.shop import ANNA, add_product, ask, buyer, check_books, order
from tests.patience import PATIENCE

LATE = 7.0  # seconds


class Overdue:
    """Knows some overdue carts."""

    def __init__(self, *owners: str) -> None:
        self.carts = [OverdueCart(OwnerId(each), LATE) for each in owners]

    async def overdue(self, limit: int) -> Sequence[OverdueCart]:
        """Return them."""
        return self.carts[:limit]


class Ledger:
    """Answers each cart as it is told."""

    def __init__(self, answers: dict[str, Exception] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[Command[Any]] = []

    async def submit(self, command: ExpireCart) -> None:
        """Answer."""
        self.asked.append(command)
        if command.cart_id in self.answers:
            raise self.answers[command.cart_id]


async def sweep(carts: Any, ledger: Any, registry: CollectorRegistry | None = None) -> bool:
    """Do one step."""
    return await Sweeper(carts, ledger, expiry_delay(registry or CollectorRegistry())).step()


async def test_it_is_noted_how_late_each_hold_ended():
    """By the database's clock, and the time it took; a refused one has not ended."""
    registry = CollectorRegistry()
    await sweep(Overdue("a", "b", "c"), Ledger({"a": Internal("poison")}), registry)
    assert registry.get_sample_value("ivorycart_expiry_delay_seconds_count") == 2
    assert 2 * LATE <= (registry.get_sample_value("ivorycart_expiry_delay_seconds_sum") or 0) < 2 * (LATE + PATIENCE)


async def test_all_overdue_carts_are_expired_at_once():
    """They share a batch of the ledger; with nothing more to do the sweeper rests."""
    ledger = Ledger()
    assert not await sweep(Overdue("a", "b"), ledger)
    assert ledger.asked == [ExpireCart(OwnerId("a")), ExpireCart(OwnerId("b"))]


async def test_a_full_batch_is_followed_by_the_next_unless_the_ledger_refuses():
    """While the database is away there is no use in hurrying."""
    many = Overdue(*map(str, range(BATCH)))
    assert await sweep(many, Ledger())
    assert not await sweep(many, Ledger({"7": StorageUnavailable("away")}))


async def test_a_cart_that_cannot_be_expired_stops_no_other():
    """A refusal is noted; anything else is the worker's failure, after all were asked."""
    ledger = Ledger({"a": Internal("poison")})
    assert not await sweep(Overdue("a", "b"), ledger)
    ledger = Ledger({"a": ZeroDivisionError("a bug")})
    with pytest.raises(ZeroDivisionError):
        await sweep(Overdue("a", "b"), ledger)
    assert len(ledger.asked) == 2


async def run_out(database: Database, owners: Sequence[OwnerId]) -> None:
    """Let holds end now, by the database's clock."""
    ended = {"$dateSubtract": {"startDate": "$$NOW", "unit": "millisecond", "amount": 1}}
    await database["carts"].update_many({"_id": {"$in": list(owners)}}, [{"$set": {"expires_at": ended}}])


async def test_exactly_what_was_held_is_released(driver: Driver, database: Database):
    """Carts whose hold goes on keep theirs; each says what it lost."""
    tea, cup = await add_product(database, 100), await add_product(database, 50)
    buyers = [buyer(each) for each in range(10)]
    carts = Carts(driver, database)
    async with running_ledger(driver, database) as ledger:
        await ask(ledger, *(SetLine(each, tea, 2) for each in buyers), *(SetLine(each, cup, 1) for each in buyers))
        await run_out(database, buyers[:6])
        await sweep(carts, ledger)
        assert await carts.overdue(10) == []
    levels = {str(each["_id"]): each["held"] async for each in database["products"].find()}
    assert levels == {tea: 8, cup: 4}
    assert {each.product_id: each.quantity for each in (await carts.get(buyers[0])).expired} == {tea: 2, cup: 1}
    expired = await database["inventory_logs"].count_documents({"change_type": "expire"})
    assert expired == 12
    await check_books(database)


async def test_two_sweepers_and_a_buyer_at_once_release_or_sell_each_hold_once(driver: Driver, database: Database):
    """One winner each; nothing is done twice."""
    tea = await add_product(database, 100)
    buyers = [buyer(each) for each in range(20)]
    carts = Carts(driver, database)
    async with running_ledger(driver, database) as one, running_ledger(driver, database, "p2") as two:
        await ask(one, *(SetLine(each, tea, 1) for each in buyers))
        sold = asyncio.ensure_future(ask(one, *(order(each) for each in buyers)))
        await run_out(database, buyers[::2])
        await asyncio.gather(*(sweep(carts, each) for each in (one, two, one, two)))
        answers = await sold
        await sweep(carts, two)
    product = await database["products"].find_one({"_id": ObjectId(tea)})
    refused = [each for each in answers if isinstance(each, CartExpired)]
    assert (product["stock"], product["held"]) == (80 + len(refused), 0)
    assert await database["inventory_logs"].count_documents({"change_type": "expire"}) == len(refused)
    await check_books(database)


async def test_a_late_sweep_is_nothing(driver: Driver, database: Database):
    """The cart was ordered, cleared or expired meanwhile, or never was."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLine(ANNA, tea, 1))
        for owner in (ANNA, OwnerId("s:never")):
            await ledger.submit(ExpireCart(owner))
    assert (await Carts(driver, database).get(ANNA)).units == 1
    await check_books(database)
