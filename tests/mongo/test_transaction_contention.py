"""Two processes, one hot product, and programs that know nothing of the ledger: nothing oversold, nothing lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import ledger_over, running_ledger
from ivorycart.ledger import Ledger
from models.commands import ClearCart, Command, Restock, SetEmail, SetLine
from models.errors import InsufficientStock, Internal, KeyReused, Refused
from models.identity import OwnerId
from models.outcomes import CartChanged, OrderPlaced
from models.policy import Policy
from models.state import State
from mongo.driver import Database, Driver
from mongo.transaction import BatchTransaction, LedgerTransactions
from tests.mongo.shop import ANNA, add_product, ask, both_drivers, buy, buyer, check_books, counted, order, sizes

pytestmark = both_drivers


@asynccontextmanager
async def two_processes(driver: Driver, database: Database, uri: str) -> AsyncIterator[Sequence[Ledger]]:
    """Run two ledgers, each with a client and an id of its own."""
    second = Driver(uri, driver.name)
    async with (
        running_ledger(driver, database, "p1") as one,
        running_ledger(second, second.client[database.name], "p2") as two,
    ):
        yield one, two
    await second.close()


async def test_a_hundred_units_make_a_hundred_buyers_of_five_hundred(
    driver: Driver, database: Database, mongo_uri: str
) -> None:
    """On two processes at once: no oversell, no orphan, and the rest hears why."""
    tea = await add_product(database, 100)
    async with two_processes(driver, database, mongo_uri) as ledgers:
        buying = (buy(ledgers[each % 2], buyer(each), tea) for each in range(500))
        outcomes = await asyncio.gather(*buying, return_exceptions=True)
    assert sum(isinstance(each, OrderPlaced) for each in outcomes) == 100
    assert sum(isinstance(each, InsufficientStock) for each in outcomes) == 400
    assert await sizes(database) == {"orders": 100, "purchases": 100, "letters": 100}
    assert await counted(database, tea) == (0, 0)
    await check_books(database)


async def test_the_same_key_in_parallel_gives_one_order_and_equal_answers(
    driver: Driver, database: Database, mongo_uri: str
) -> None:
    """Fifty times on two processes; another request with this key is refused on both."""
    tea = await add_product(database, 100)
    async with two_processes(driver, database, mongo_uri) as ledgers:
        await ledgers[0].submit(SetLine(ANNA, tea, 2))
        asking = (ledgers[each % 2].submit(order(ANNA)) for each in range(50))
        outcomes = await asyncio.gather(*asking)
        assert len({each.order for each in outcomes}) == 1
        assert sum(not each.repeated for each in outcomes) == 1
        for ledger in ledgers:
            with pytest.raises(KeyReused):
                await ledger.submit(order(ANNA, fingerprint="another"))
    assert await sizes(database) == {"orders": 1, "purchases": 1, "letters": 1}
    await check_books(database)


async def test_one_cart_on_two_processes_loses_no_update(driver: Driver, database: Database, mongo_uri: str) -> None:
    """Each change is one revision; the one with the last revision is what is stored."""
    tea = await add_product(database, 100)
    async with two_processes(driver, database, mongo_uri) as ledgers:
        changes = (ledgers[each % 2].submit(SetLine(ANNA, tea, each % 7 + 1)) for each in range(40))
        outcomes = await asyncio.gather(*changes)
    last = max((each.cart for each in outcomes), key=lambda cart: cart.revision)
    stored: Any = await database["carts"].find_one({})
    assert stored["revision"] == last.revision
    assert stored["lines"][0]["quantity"] == last.units
    await check_books(database)


class Meddled(LedgerTransactions):
    """Lets another program write just after a batch was read, the first time."""

    def __init__(self, driver: Driver, database: Database, meddle: Callable[[], Awaitable[object]]) -> None:
        super().__init__(driver, database, "p1")
        self._arguments = database
        self.meddle: Callable[[], Awaitable[object]] | None = meddle

    def transaction(self) -> BatchTransaction:
        """Return an attempt that is meddled with."""
        return _MeddledTransaction(self, self._arguments, "p1:1")


class _MeddledTransaction(BatchTransaction):
    async def load(self, commands: Sequence[Command[Any]], policy: Policy) -> State:
        """Read, and let the other program write."""
        state = await super().load(commands, policy)
        owner = self._owner
        assert isinstance(owner, Meddled)
        if owner.meddle:
            meddle, owner.meddle = owner.meddle, None
            await meddle()
        return state


async def test_a_price_changed_in_between_is_the_price(driver: Driver, database: Database) -> None:
    """The batch is decided anew on it, and the edit is not lost."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLine(ANNA, tea, 2))
    edit = lambda: database["products"].update_one({}, {"$set": {"price": 900}})  # noqa: E731
    async with ledger_over(Meddled(driver, database, edit)) as ledger:
        outcome = await ledger.submit(order(ANNA))
    assert outcome.order.total_amount == 1800
    stored: Any = await database["products"].find_one({})
    assert stored["price"] == 900
    await check_books(database)


async def test_stock_taken_in_between_by_a_foreign_program_is_not_sold(driver: Driver, database: Database) -> None:
    """It knows nothing of versions, and is respected all the same."""
    tea = await add_product(database, 10)
    take = lambda: database["products"].update_one({}, {"$inc": {"stock": -8}})  # noqa: E731
    async with ledger_over(Meddled(driver, database, take)) as ledger:
        with pytest.raises(InsufficientStock):
            await ledger.submit(SetLine(ANNA, tea, 3))
    assert await counted(database, tea) == (2, 0)


@pytest.mark.parametrize("command", [SetLine(ANNA, "tea", 3), ClearCart(ANNA), order(ANNA), SetEmail(ANNA, "x@y.z")])
async def test_a_cart_written_in_between_is_not_overwritten(
    command: Command[Any], driver: Driver, database: Database
) -> None:
    """Whether it is replaced or emptied: what the other program wrote stays."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLine(ANNA, tea, 2))
    if isinstance(command, SetLine):
        command = SetLine(ANNA, tea, 3)
    write = lambda: database["carts"].update_one({}, {"$set": {"note": 1, "revision": 40}})  # noqa: E731
    async with ledger_over(Meddled(driver, database, write)) as ledger:
        await ledger.submit(command)
    stored: Any = await database["carts"].find_one({})
    assert stored["revision"] == 41
    await check_books(database)


async def test_a_cart_made_in_between_is_respected(driver: Driver, database: Database, mongo_uri: str) -> None:
    """Two processes make the same cart: the second finds the first one's."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database, "p2") as other:
        make = lambda: other.submit(SetEmail(ANNA, "anna@shop.test"))  # noqa: E731
        async with ledger_over(Meddled(driver, database, make)) as ledger:
            outcome = await ledger.submit(SetLine(ANNA, tea, 3))
    assert (outcome.cart.email, outcome.cart.revision) == ("anna@shop.test", 2)


async def poison_price(database: Database) -> None:
    """Give a product a price that the validator refuses at the next write."""
    await _edit(database, {"$set": {"price": -5}})


async def poison_name(database: Database) -> None:
    """Take a product's name away, so that it cannot even be read."""
    await _edit(database, {"$unset": {"name": ""}})


async def poison_stock(database: Database) -> None:
    """Make a product's stock a word."""
    await _edit(database, {"$set": {"stock": "many"}})


async def poison_log(database: Database) -> None:
    """Write a movement of the future, so that the ledger's own is always a duplicate."""
    product: Any = await database["products"].find_one({"name": "Poison"})
    await database["inventory_logs"].insert_one(
        {"product_id": product["_id"], "version": 1, "new_held": 0, "new_stock": 0, "change_type": "hold"}
    )


async def _edit(database: Database, change: dict[str, Any]) -> None:
    await database["products"].update_one({"name": "Poison"}, change, bypass_document_validation=True)


@pytest.mark.parametrize("poison", [poison_price, poison_name, poison_stock, poison_log])
async def test_a_command_that_cannot_be_stored_fails_alone(
    poison: Callable[[Database], Awaitable[None]], driver: Driver, database: Database
) -> None:
    """Its neighbours in the batch are committed, each once."""
    tea, bad = await add_product(database, 100), await add_product(database, 100, name="Poison")
    await poison(database)
    commands = [SetLine(buyer(each), bad if each == 11 else tea, 1) for each in range(30)]
    async with running_ledger(driver, database) as ledger:
        outcomes = await ask(ledger, *commands)
    assert [index for index, each in enumerate(outcomes) if isinstance(each, Refused)] == [11]
    assert isinstance(outcomes[11], Internal)
    assert await counted(database, tea) == (100, 29)
    assert await database["carts"].count_documents({}) == 29


async def test_an_unreadable_cart_or_id_fails_alone(driver: Driver, database: Database) -> None:
    """Another program's half of a cart, and an id that is none."""
    tea = await add_product(database, 100)
    broken = OwnerId("u:broken")
    await database["carts"].insert_one({"_id": broken, "revision": 1, "lines": [{"product_id": ObjectId()}]})
    async with running_ledger(driver, database) as ledger:
        outcomes = await ask(
            ledger, SetLine(ANNA, tea, 1), SetLine(broken, tea, 1), Restock("no id", 1, "", ""), SetLine(ANNA, tea, 2)
        )
    assert [type(each) for each in outcomes] == [CartChanged, Internal, Internal, CartChanged]


async def test_a_number_beyond_the_database_fails_alone(driver: Driver, database: Database) -> None:
    """A total of more than 64 bits cannot be stored."""
    tea, gold = await add_product(database, 9), await add_product(database, 9, price=2**62)
    async with running_ledger(driver, database) as ledger:
        await ask(ledger, SetLine(ANNA, tea, 1), SetLine(buyer(1), gold, 4), SetLine(buyer(2), tea, 1))
        outcomes = await ask(ledger, order(ANNA), order(buyer(1)), order(buyer(2)))
    assert [type(each) for each in outcomes] == [OrderPlaced, Internal, OrderPlaced]
    await check_books(database)
