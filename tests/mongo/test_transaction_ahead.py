"""Batches decided ahead, on a real database: whatever others do before they are written, nothing is lost or doubled."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import ledger_over, running_ledger
from models.commands import ClearCart, Command, SetEmail, SetLine
from models.errors import InsufficientStock, NotFound, Refused
from models.identity import OwnerId
from models.outcomes import OrderPlaced
from models.state import Changes
from mongo.driver import Database, Driver
from mongo.transaction import BatchTransaction, LedgerTransactions
from tests.mongo.shop import ANNA, add_product, ask, both_drivers, buyer, check_books, counted, order, sizes

pytestmark = both_drivers

SIZE = 4
Meddle = Callable[[], Awaitable[Any]]


class MeddledAhead(LedgerTransactions):
    """Lets somebody else act once, between the reading ahead of a batch and its writing; counts what went ahead."""

    def __init__(self, driver: Driver, database: Database, meddle: Meddle | None = None) -> None:
        super().__init__(driver, database, "p1")
        self.meddle = meddle
        self.ahead = 0

    def transaction(self, after: Changes | None = None) -> BatchTransaction:
        """Return an attempt with the meddler in it."""
        attempt = super().transaction(after)
        if after is None:
            return attempt
        self.ahead += 1
        write = attempt.write

        async def meddled(changes: Changes) -> None:
            meddle, self.meddle = self.meddle, None
            if meddle:
                await meddle()
            await write(changes)

        attempt.write = meddled  # type: ignore[method-assign]
        return attempt


async def commit_ahead(
    driver: Driver, database: Database, meddle: Meddle, *commands: Command[Any], fillers: str
) -> list[Any]:
    """Submit a batch of fillers and, behind it, the commands, which are decided ahead; return their answers."""
    store = MeddledAhead(driver, database, meddle)
    first = [SetLine(buyer(100 + each), fillers, 1) for each in range(SIZE)]
    async with ledger_over(store, max_commands=SIZE) as ledger:
        outcomes = await ask(ledger, *first, *commands)
    assert store.ahead >= 1, "the batch must have been decided ahead"
    assert store.meddle is None, "the meddler must have acted"
    return outcomes[SIZE:]


async def held_by(driver: Driver, database: Database, product: str, owners: list[OwnerId]) -> None:
    """Put one unit into each cart."""
    async with running_ledger(driver, database, "p0") as ledger:
        await ask(ledger, *(SetLine(each, product, 1) for each in owners))


async def test_a_price_changed_after_it_was_read_ahead_is_the_price(driver: Driver, database: Database) -> None:
    """The batch is decided anew."""
    tea, other = await add_product(database), await add_product(database)
    owners = [buyer(each) for each in range(SIZE)]
    await held_by(driver, database, tea, owners)
    edit = lambda: database["products"].update_one({"_id": ObjectId(tea)}, {"$set": {"price": 900}})  # noqa: E731
    outcomes = await commit_ahead(driver, database, edit, *(order(each) for each in owners), fillers=other)
    assert {each.order.total_amount for each in outcomes} == {900}
    await check_books(database)


async def test_stock_taken_by_a_foreign_program_is_not_sold(driver: Driver, database: Database) -> None:
    """It knows nothing of versions."""
    tea, other = await add_product(database, 10), await add_product(database)
    take = lambda: database["products"].update_one({"_id": ObjectId(tea)}, {"$inc": {"stock": -8}})  # noqa: E731
    commands = [SetLine(buyer(each), tea, 1) for each in range(SIZE)]
    outcomes = await commit_ahead(driver, database, take, *commands, fillers=other)
    assert sum(isinstance(each, InsufficientStock) for each in outcomes) == 2
    assert await counted(database, tea) == (2, 2)


async def test_stock_that_came_back_meanwhile_is_not_refused(driver: Driver, database: Database) -> None:
    """A refusal stands on what is there when it is given."""
    tea, other = await add_product(database, 0), await add_product(database)
    fill = lambda: database["products"].update_one({"_id": ObjectId(tea)}, {"$inc": {"stock": SIZE}})  # noqa: E731
    commands = [SetLine(buyer(each), tea, 1) for each in range(SIZE)]
    outcomes = await commit_ahead(driver, database, fill, *commands, fillers=other)
    assert not any(isinstance(each, Refused) for each in outcomes)


async def test_a_product_deleted_or_made_meanwhile_is_noticed(driver: Driver, database: Database) -> None:
    """What is not there cannot be held, and what has come can."""
    tea, other, new = await add_product(database), await add_product(database), ObjectId()

    async def swap() -> None:
        await database["products"].delete_one({"_id": ObjectId(tea)})
        await add_product(database, _id=new)

    commands = [SetLine(ANNA, str(new), 1), *(SetLine(buyer(each), tea, 1) for each in range(SIZE - 1))]
    made, *gone = await commit_ahead(driver, database, swap, *commands, fillers=other)
    assert made.cart.units == 1
    assert all(isinstance(each, NotFound) for each in gone)


@pytest.mark.parametrize("kind", ["replace", "empty", "order", "email"])
async def test_a_cart_that_another_process_changed_loses_nothing(
    kind: str, driver: Driver, database: Database, mongo_uri: str
) -> None:
    """Its revision guards it, however it is written."""
    tea, other = await add_product(database), await add_product(database)
    owners = [buyer(each) for each in range(SIZE)]
    await held_by(driver, database, tea, owners)
    second = Driver(mongo_uri, driver.name)

    async def meddle() -> None:
        async with running_ledger(second, second.client[database.name], "p2") as ledger:
            await ledger.submit(SetEmail(owners[0], "anna@shop.test"))
            await ledger.submit(SetLine(owners[0], other, 3))

    make: dict[str, Callable[[OwnerId], Command[Any]]] = {
        "replace": lambda owner: SetLine(owner, tea, 2),
        "empty": ClearCart,
        "order": order,
        "email": lambda owner: SetEmail(owner, "late@shop.test"),
    }
    outcomes = await commit_ahead(driver, database, meddle, *map(make[kind], owners), fillers=other)
    await second.close()
    assert not any(isinstance(each, Exception) for each in outcomes)
    stored: Any = await database["carts"].find_one({"_id": owners[0]})
    assert stored["revision"] == 4
    assert stored["email"] == ("late@shop.test" if kind == "email" else "anna@shop.test")
    await check_books(database)


async def test_a_cart_and_an_order_made_elsewhere_meanwhile_are_found(
    driver: Driver, database: Database, mongo_uri: str
) -> None:
    """The same key gives the same order; a new cart is not made twice."""
    tea, other = await add_product(database), await add_product(database)
    owners = [buyer(each) for each in range(SIZE)]
    await held_by(driver, database, tea, owners[:2])
    second = Driver(mongo_uri, driver.name)

    async def meddle() -> None:
        async with running_ledger(second, second.client[database.name], "p2") as ledger:
            await ask(ledger, order(owners[0]), SetLine(owners[2], other, 1))

    commands = [order(owners[0]), order(owners[1]), SetLine(owners[2], tea, 1), SetLine(owners[3], tea, 1)]
    outcomes = await commit_ahead(driver, database, meddle, *commands, fillers=other)
    await second.close()
    assert isinstance(outcomes[0], OrderPlaced)
    assert outcomes[0].repeated
    assert [outcomes[2].cart.revision, outcomes[3].cart.revision] == [2, 1]
    assert await sizes(database) == {"orders": 2, "purchases": 2, "letters": 2}
    await check_books(database)


async def test_a_cart_goes_on_from_what_the_batch_before_makes_of_it(driver: Driver, database: Database) -> None:
    """Line after line, batch after batch, with an order and its repetition among them: as if one by one."""
    tea = await add_product(database, 100)
    commands: list[Command[Any]] = []
    for number in range(1, 4 * SIZE):
        commands += [SetLine(ANNA, tea, number), SetLine(buyer(number), tea, 1)]
        if number % 3 == 0:
            commands += [order(ANNA, f"key{number}"), order(ANNA, f"key{number}")]
    async with running_ledger(driver, database, max_commands=SIZE) as ledger:
        outcomes = await ask(ledger, *commands)
    assert not any(isinstance(each, Exception) for each in outcomes)
    orders = [each for each in outcomes if isinstance(each, OrderPlaced)]
    assert [each.repeated for each in orders] == [False, True] * (len(orders) // 2)
    revisions = [each.cart.revision for each in outcomes if not isinstance(each, OrderPlaced) and each.cart.id == ANNA]
    assert revisions == sorted(revisions)
    await check_books(database)


async def test_two_processes_that_look_ahead_sell_nothing_twice(
    driver: Driver, database: Database, mongo_uri: str
) -> None:
    """Small batches, one hot product and a few others, buyers who set, clear, order and repeat at random."""
    products = [await add_product(database, stock) for stock in (60, 25, 400)]
    second = Driver(mongo_uri, driver.name)
    chance = random.Random(7)

    def some_command(number: int) -> Command[Any]:
        who = buyer(number % 40)
        if number % 5 == 4:
            return order(who, f"key{number // 40}")
        if number % 17 == 0:
            return ClearCart(who)
        return SetLine(who, chance.choice(products), chance.randrange(4))

    async with (
        running_ledger(driver, database, "p1", max_commands=16) as one,
        running_ledger(second, second.client[database.name], "p2", max_commands=16) as two,
    ):
        commands = [some_command(each) for each in range(600)]
        outcomes = await asyncio.gather(
            *((one, two)[number % 2].submit(each) for number, each in enumerate(commands)), return_exceptions=True
        )
    await second.close()
    assert all(not isinstance(each, Exception) or isinstance(each, Refused) for each in outcomes)
    await check_books(database)
