"""What is promised of every transaction: snapshot reads, majority writes, one batch, whatever its size."""

from typing import Any

import pytest
from bson import ObjectId
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from bench.shop.ledger import running_ledger
from models.commands import CancelOrder, ClearCart, MergeCarts, Restock, SetEmail, SetLine, SetLines
from models.errors import InsufficientStock, NotFound
from models.identity import OwnerId
from models.outcomes import CartChanged, OrderPlaced
from mongo.driver import Database, Driver
from tests.mongo.shop import (
    ANNA,
    add_product,
    ask,
    both_drivers,
    buy,
    buyer,
    check_books,
    counted,
    failing,
    order,
    sizes,
)
from tests.movers import AN_ADMIN

pytestmark = both_drivers


class Heard(CommandListener):
    """Remembers what went over the wire inside transactions, and what was read outside."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []
        self.outside: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep what belongs to a transaction."""
        if "autocommit" in event.command:
            self.commands.append(dict(event.command))
        elif event.command_name == "find":
            self.outside.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to keep."""

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the commands of a name."""
        return [each for each in self.commands if name in each]


async def test_each_transaction_reads_a_snapshot_and_commits_with_a_majority(
    driver: Driver, database: Database, mongo_uri: str
) -> None:
    """The first attempts, the retries, the repeated commits and those that only refuse."""
    heard = Heard()
    tea = await add_product(database, 10)
    watched = Driver(mongo_uri, driver.name, event_listeners=[heard])
    async with running_ledger(watched, watched.client[database.name]) as ledger:
        await buy(ledger, ANNA, tea, 2)
        with pytest.raises(InsufficientStock):
            await ledger.submit(SetLine(ANNA, tea, 100))
        with pytest.raises(NotFound):
            await ledger.submit(Restock(str(ObjectId()), 1, "seller", ""))
        labels = ["TransientTransactionError"]
        async with failing(driver, "update", {"times": 1}, errorCode=112, errorLabels=labels):
            await ledger.submit(SetLine(ANNA, tea, 3))
        async with failing(driver, "commitTransaction", {"times": 2}, closeConnection=True):
            await ledger.submit(SetLine(ANNA, tea, 4))
    await watched.close()
    begun = heard.named("startTransaction")
    assert len(begun) >= 7
    assert all(each["readConcern"]["level"] == "snapshot" for each in begun)
    transactions = {each["txnNumber"] for each in heard.commands}
    assert transactions == {each["txnNumber"] for each in begun}
    commits = heard.named("commitTransaction")
    assert len(commits) >= 7
    assert all(each["writeConcern"]["w"] == "majority" for each in commits)
    inside = [each for each in heard.commands if "commitTransaction" not in each and "abortTransaction" not in each]
    assert not any("writeConcern" in each for each in inside)


async def test_a_large_cart_is_ordered_in_one_batch(driver: Driver, database: Database) -> None:
    """Two hundred lines: as many levels and movements, one order."""
    products = [await add_product(database, 5, name=f"Tea {each}") for each in range(200)]
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLines(ANNA, tuple((each, 2) for each in products)))
        outcome = await ledger.submit(order(ANNA, expected_total=200_000))
    assert len(outcome.order.lines) == 200
    assert await sizes(database) == {"orders": 1, "purchases": 200, "letters": 1}
    assert await database["inventory_logs"].count_documents({}) == 400
    await check_books(database)


async def test_products_that_do_not_fit_into_one_reply_are_read_nevertheless(
    driver: Driver, database: Database
) -> None:
    """A reply ends at 16 MiB; what follows is asked for, not taken for missing."""
    images = [{"url": "/images/1", "alt": "x" * 200_000}]
    products = [await add_product(database, 5, images=images) for _ in range(100)]
    async with running_ledger(driver, database) as ledger:
        outcome = await ledger.submit(SetLines(ANNA, tuple((each, 1) for each in products)))
    assert len(outcome.cart.lines) == 100


async def test_an_order_placed_and_cancelled_in_one_batch_is_cancelled(driver: Driver, database: Database) -> None:
    """The last state of each document is what is stored."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database) as ledger:
        placing = order(ANNA)
        cancel = CancelOrder(placing.order_id, AN_ADMIN, "why")
        await ask(ledger, SetLine(ANNA, tea, 2), placing, cancel, SetLine(ANNA, tea, 1))
    stored: Any = await database["orders"].find_one({})
    assert stored["status"] == "cancelled"
    assert await counted(database, tea) == (10, 1)
    await check_books(database)


async def test_carts_are_stored_as_they_were_answered(driver: Driver, database: Database) -> None:
    """Line by line, on every way a cart can change: the next batch reads what the last one answered."""
    tea, cup = await add_product(database, 50), await add_product(database, 50)
    guest = OwnerId("s:guest")
    async with running_ledger(driver, database) as ledger:
        for command in (
            SetLine(ANNA, tea, 2),
            ClearCart(ANNA),
            SetEmail(ANNA, "anna@shop.test"),
            SetLine(ANNA, tea, 1),
            SetLines(ANNA, ((cup, 2),), "b@shop.test"),
            order(ANNA),
            SetEmail(ANNA, None),
            SetEmail(guest, "guest@shop.test"),
            SetLine(guest, tea, 1),
            MergeCarts(guest, ANNA),
            ClearCart(ANNA),
            SetEmail(ANNA, "c@shop.test"),
            order(ANNA, "key 2", lines=((tea, 1),)),
        ):
            outcome: Any = await ledger.submit(command)
            if not isinstance(outcome, OrderPlaced):
                again = await ledger.submit(SetLine(outcome.cart.id, tea, _quantity(outcome.cart, tea)))
                assert again.cart == outcome.cart
    await check_books(database)


def _quantity(cart: Any, product_id: str) -> int:
    line = cart.line(product_id)
    return line.quantity if line else 0


async def test_a_product_from_another_program_may_lack_what_is_optional(driver: Driver, database: Database) -> None:
    """It gets its counters with the first movement."""
    async with running_ledger(driver, database) as ledger:
        for missing in ("version", "held", "arming", "threshold", "max_per_cart"):
            tea = await add_product(database, 10)
            await database["products"].update_one({"_id": ObjectId(tea)}, {"$unset": {missing: ""}})
            await buy(ledger, ANNA, tea, 2, key=missing)
            assert await counted(database, tea) == (8, 0)
    await check_books(database)


async def test_what_is_read_ahead_is_on_a_majority(driver: Driver, database: Database, mongo_uri: str) -> None:
    """And what is then written is written in a transaction like any other."""
    heard = Heard()
    tea = await add_product(database, 100)
    watched = Driver(mongo_uri, driver.name, event_listeners=[heard])
    async with running_ledger(watched, watched.client[database.name], max_commands=4) as ledger:
        await ask(ledger, *(SetLine(buyer(each), tea, 1) for each in range(20)))
        await ask(ledger, *(order(buyer(each)) for each in range(20)))
    await watched.close()
    assert {each["find"] for each in heard.outside} == {"carts", "orders", "products"}
    assert all(each["readConcern"] == {"level": "majority"} for each in heard.outside)
    begun = heard.named("startTransaction")
    assert len(begun) == 10
    assert all(each["readConcern"]["level"] == "snapshot" for each in begun)
    assert all(each["writeConcern"]["w"] == "majority" for each in heard.named("commitTransaction"))
    await check_books(database)


async def test_a_batch_of_orders_is_one_batch(driver: Driver, database: Database, mongo_uri: str) -> None:
    """Two hundred buyers, one transaction, one multi-update for the carts that they leave empty."""
    tea = await add_product(database, 1000)
    heard = Heard()
    watched = Driver(mongo_uri, driver.name, event_listeners=[heard])
    async with running_ledger(watched, watched.client[database.name]) as ledger:
        buyers = [buyer(each) for each in range(200)]
        outcomes = await ask(ledger, *(SetLine(each, tea, 1) for each in buyers))
        assert {type(each) for each in outcomes} == {CartChanged}
        outcomes = await ask(ledger, *(order(each) for each in buyers))
    assert {type(each) for each in outcomes} == {OrderPlaced}
    await watched.close()
    assert len(heard.named("startTransaction")) == 2
    assert await database["carts"].count_documents({"revision": 2, "lines": []}) == 200
    await check_books(database)
