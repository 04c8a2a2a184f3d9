"""The change stream: from a snapshot on, without a gap, whatever happens to the cursor."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId, Timestamp
from pymongo.errors import AutoReconnect

from bench.shop.ledger import running_ledger
from models.account import AccountRequest
from models.cart import Line
from models.commands import CancelOrder, ClearCart, SetLine
from models.feed import (
    CartWritten,
    CatalogueChanged,
    Change,
    HistoryLost,
    LevelChanged,
    NotificationAdded,
    OrderUpdated,
    Snapshot,
    TurnWanted,
    WorkQueued,
)
from models.order import Address, OrderStatus
from models.stock import Level
from mongo.account_requests import AccountRequests
from mongo.driver import Database, Driver
from mongo.stream import ChangeFeed
from mongo.turns import Turns
from tests.mongo.shop import ANNA, add_product, both_drivers, buy, buyer, failing, order
from tests.movers import AN_ADMIN
from tests.patience import PATIENCE

pytestmark = both_drivers

HOME = Address("", "", "", "Bath", "BA1 1AA", "GB", sealed="k1:one")
FIELDS = ("stock", "held", "version", "arming")


class Listener:
    """Follows a feed and keeps what it heard."""

    def __init__(self, feed: ChangeFeed, snapshot: Snapshot) -> None:
        self.feed = feed
        self.snapshot = snapshot
        self.heard: list[Change] = []
        self.levels = {product.id: level for product, level in snapshot.products}
        self.task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async for changes in self.feed.batches():
            for change in changes:
                self.heard.append(change)
                if isinstance(change, LevelChanged) and change.product_id in self.levels:
                    parts = {field: getattr(change, field) for field in FIELDS}
                    known = {field: value for field, value in parts.items() if value is not None}
                    self.levels[change.product_id] = self.levels[change.product_id]._replace(**known)

    async def until(self, happened: Callable[[], object]) -> None:
        """Wait for something to be heard; a feed that ended says why."""
        async with asyncio.timeout(PATIENCE):
            while not happened():
                if self.task.done():
                    self.task.result()
                await asyncio.sleep(0.01)

    async def until_marked(self, database: Database) -> None:
        """Write something, and wait until it is heard: then everything before it was."""
        mark = str(ObjectId())
        await database["notifications"].insert_one(
            {"key": mark, "to": ANNA, "kind": "mark", "data": {}, "at": datetime.now(UTC), "seen": False}
        )
        await self.until(lambda: any(each.notification.kind == "mark" for each in self.of(NotificationAdded)))
        self.heard = [each for each in self.heard if not isinstance(each, NotificationAdded)]

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the changes of a kind."""
        return [each for each in self.heard if isinstance(each, kind)]


@asynccontextmanager
async def listening(driver: Driver, database: Database, process_id: str = "listener") -> AsyncIterator[Listener]:
    """Open a feed and follow it."""
    feed = ChangeFeed(driver, database, process_id)
    listener = Listener(feed, await feed.open())
    yield listener
    listener.task.cancel()
    await asyncio.gather(listener.task, return_exceptions=True)
    await feed.close()


async def stored_levels(database: Database) -> dict[str, Level]:
    """Read the levels of all products."""
    rows = await database["products"].find().to_list(None)
    return {str(row["_id"]): Level(*(row[field] for field in FIELDS)) for row in rows}


async def test_snapshot_and_stream_leave_no_gap(driver: Driver, database: Database) -> None:
    """Opened in the middle of the rush, the two together come to what is stored."""
    products = [await add_product(database, 1000) for _ in range(5)]
    async with running_ledger(driver, database) as ledger:

        async def rush(number: int) -> None:
            for step in range(8):
                await ledger.submit(SetLine(buyer(number), products[(number + step) % 5], step % 3))

        rushing = asyncio.gather(*(rush(number) for number in range(40)))
        await asyncio.sleep(0)
        async with listening(driver, database) as first, listening(driver, database) as second:
            await rushing
            await buy(ledger, ANNA, products[0], 3)
            for listener in (first, second):
                await listener.until_marked(database)
                assert listener.levels == await stored_levels(database)


async def test_changes_carry_the_time_at_which_they_were_committed(driver: Driver, database: Database) -> None:
    """After the snapshot's, never going back, the same for all of one transaction."""
    tea, cup = await add_product(database), await add_product(database)
    async with running_ledger(driver, database) as ledger, listening(driver, database) as listener:
        await asyncio.gather(*(ledger.submit(SetLine(ANNA, each, 1)) for each in (tea, cup)))
        await ledger.submit(SetLine(ANNA, tea, 2))
        await listener.until(lambda: len(listener.of(LevelChanged)) == 3)
    cursors = [each.cursor for each in listener.of(LevelChanged)]
    assert listener.snapshot.cursor < cursors[0] == cursors[1] < cursors[2]


async def test_what_waits_for_a_worker_is_heard_as_it_is_added(driver: Driver, database: Database) -> None:
    """A crossing in the order's transaction, and what somebody asked for by mail; that it was done is no news."""
    tea = await add_product(database, 5)
    requests = AccountRequests(database)
    asked = AccountRequest(str(ObjectId()), "reset", "anna@example.org", {})
    async with running_ledger(driver, database) as ledger, listening(driver, database) as listener:
        await requests.add(asked)
        await requests.done(asked)
        await buy(ledger, ANNA, tea, 3)
        await database["crossings"].update_many({}, {"$set": {"state": "done"}})
        await listener.until_marked(database)
    assert listener.of(WorkQueued) == [WorkQueued("account_requests"), WorkQueued("crossings")]


TROUBLE: dict[str, dict[str, Any]] = {
    "the cursor is gone": {"errorCode": 43},
    "the connection closes": {"closeConnection": True},
    "there is a new primary": {"errorCode": 10107},
    "the operation was interrupted": {"errorCode": 11601},
}


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_an_interrupted_stream_goes_on_where_it_was(trouble: str, driver: Driver, database: Database) -> None:
    """Nothing is missed, and nothing is heard twice."""
    tea = await add_product(database)
    async with running_ledger(driver, database) as ledger, listening(driver, database) as listener:
        await ledger.submit(SetLine(ANNA, tea, 1))
        await listener.until(lambda: len(listener.of(LevelChanged)) == 1)
        async with failing(driver, "getMore aggregate", {"times": 3}, **TROUBLE[trouble]):
            for quantity in (2, 3, 4):
                await ledger.submit(SetLine(ANNA, tea, quantity))
            await listener.until(lambda: len(listener.of(LevelChanged)) == 4)
    assert [each.version for each in listener.of(LevelChanged)] == [1, 2, 3, 4]


async def test_a_killed_cursor_is_replaced(driver: Driver, database: Database) -> None:
    """An operator killed every session of the server."""
    tea = await add_product(database)
    async with running_ledger(driver, database) as ledger, listening(driver, database) as listener:
        await ledger.submit(SetLine(ANNA, tea, 1))
        await listener.until(lambda: listener.of(LevelChanged))
        await driver.client.admin.command({"killAllSessions": []})
        await ledger.submit(SetLine(ANNA, tea, 2))
        await listener.until(lambda: len(listener.of(LevelChanged)) == 2)
    assert listener.levels[tea].held == 2


async def test_another_ledger_that_is_held_up_is_heard_and_ones_own_is_not(driver: Driver, database: Database) -> None:
    """The first time and each further one."""
    async with listening(driver, database) as listener:
        for _ in range(2):
            await Turns(database, "listener").want()
            await Turns(database, "another").want()
        await listener.until_marked(database)
    assert listener.heard == [TurnWanted()] * 2


@pytest.mark.parametrize("code", [286, 280])
async def test_a_lost_history_is_said_and_a_new_snapshot_helps(code: int, driver: Driver, database: Database) -> None:
    """The reader begins anew."""
    tea = await add_product(database)
    async with running_ledger(driver, database) as ledger, listening(driver, database) as listener:
        await ledger.submit(SetLine(ANNA, tea, 1))
        await listener.until(lambda: listener.of(LevelChanged))
        async with failing(driver, "getMore", {"times": 1}, errorCode=code):
            with pytest.raises(HistoryLost):
                await listener.until(lambda: False)
        await ledger.submit(SetLine(ANNA, tea, 2))
        again = Listener(listener.feed, await listener.feed.open())
        assert again.levels[tea].held == 2
        await ledger.submit(SetLine(ANNA, tea, 3))
        await again.until(lambda: again.levels[tea].held == 3)
        again.task.cancel()
        await asyncio.gather(again.task, return_exceptions=True)
    assert [each.version for each in again.of(LevelChanged)] == [3]


async def test_own_carts_are_dropped_and_those_of_others_arrive_whole(driver: Driver, database: Database) -> None:
    """Set, emptied by an order, cleared: whole each time, though the database heard of a part only."""
    tea = await add_product(database)
    async with (
        running_ledger(driver, database, "p1") as mine,
        running_ledger(driver, database, "p2") as others,
        listening(driver, database, "p1") as listener,
    ):
        await buy(mine, buyer(1), tea, 1)
        await others.submit(SetLine(buyer(2), tea, 2))
        await others.submit(order(buyer(2)))
        await others.submit(SetLine(buyer(3), tea, 3))
        await mine.submit(ClearCart(buyer(3)))
        await listener.until_marked(database)
    carts = [each.cart for each in listener.of(CartWritten)]
    assert {cart.id for cart in carts} == {buyer(2), buyer(3)}
    assert [cart.revision for cart in carts if cart.id == buyer(2)] == [1, 2]
    assert carts[0].lines == (Line(tea, 2, 3),)
    assert carts[0].currency == "EUR"
    assert [cart.revision for cart in carts if cart.id == buyer(3)] == [1]


async def test_a_process_is_not_taken_for_another_whose_name_begins_alike(driver: Driver, database: Database) -> None:
    """Names are compared whole, and literally."""
    tea = await add_product(database)
    async with (
        running_ledger(driver, database, "p1x") as one,
        running_ledger(driver, database, "px1") as two,
        listening(driver, database, "p.1") as listener,
    ):
        await one.submit(SetLine(buyer(1), tea, 1))
        await two.submit(SetLine(buyer(2), tea, 1))
        await listener.until(lambda: len(listener.of(CartWritten)) == 2)


async def test_a_cart_that_an_operator_edits_arrives_whole(driver: Driver, database: Database) -> None:
    """Even one that this process wrote last."""
    tea = await add_product(database)
    async with running_ledger(driver, database, "p1") as ledger, listening(driver, database, "p1") as listener:
        await ledger.submit(SetLine(ANNA, tea, 2))
        await database["carts"].update_one({"_id": ANNA}, {"$set": {"email": "anna@shop.test"}})
        await listener.until(lambda: listener.of(CartWritten))
    assert listener.of(CartWritten)[0].cart.email == "anna@shop.test"
    assert listener.of(CartWritten)[0].cart.units == 2


async def test_a_document_that_cannot_be_read_does_not_end_the_stream(driver: Driver, database: Database) -> None:
    """Another program's half of a cart concerns nobody else."""
    tea = await add_product(database)
    async with listening(driver, database) as listener, running_ledger(driver, database) as ledger:
        await database["carts"].insert_one({"_id": "u:half", "revision": 1, "lines": []})
        await ledger.submit(SetLine(ANNA, tea, 1))
        await listener.until(lambda: listener.of(CartWritten))
    assert [each.cart.id for each in listener.of(CartWritten)] == [ANNA]


EDITS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "a new price": ({}, {"$set": {"price": 900}}, "price_changed"),
    "a new name": ({}, {"$set": {"name": "Green tea"}}, "updated"),
    "a name and a price": ({}, {"$set": {"name": "Green tea", "price": 900}}, "price_changed"),
    "a picture's words": ({"images": [{"url": "/1", "alt": ""}]}, {"$set": {"images.0.alt": "Tea"}}, "updated"),
    "a picture less": ({"images": [{"url": "/1", "alt": ""}]}, [{"$set": {"images": []}}], "updated"),
    "a description less": ({"description": "Tea."}, {"$unset": {"description": ""}}, "updated"),
    "withdrawn": ({}, {"$set": {"published": False}}, "withdrawn"),
    "disabled": ({}, {"$set": {"disabled": True}}, "withdrawn"),
    "edited while withdrawn": ({"published": False}, {"$set": {"price": 900}}, "withdrawn"),
    "published": ({"published": False}, {"$set": {"published": True}}, "published"),
    "enabled": ({"disabled": True}, {"$set": {"disabled": False}}, "published"),
    "enabled by taking the mark away": ({"disabled": True}, {"$unset": {"disabled": ""}}, "published"),
}


async def test_a_catalogue_change_is_called_by_its_name(driver: Driver, database: Database) -> None:
    """Each edit once, with the entry as it is now."""
    products = {edit: await add_product(database, **before) for edit, (before, _, _) in EDITS.items()}
    async with listening(driver, database) as listener:
        for edit, (_, change, _) in EDITS.items():
            await database["products"].update_one({"_id": ObjectId(products[edit])}, change)
        await listener.until_marked(database)
    heard = listener.of(CatalogueChanged)
    assert {edit: [each.change for each in heard if each.product_id == products[edit]] for edit in EDITS} == {
        edit: [name] for edit, (_, _, name) in EDITS.items()
    }
    assert len(listener.heard) == len(heard)
    for change in heard:
        stored: Any = await database["products"].find_one({"_id": ObjectId(change.product_id)})
        assert (change.listing.product.name, change.listing.product.price) == (stored["name"], stored["price"])


async def test_new_replaced_and_deleted_products_are_told(driver: Driver, database: Database) -> None:
    """A deleted one without its entry; one that is made withdrawn is nothing new on the shelf."""
    async with listening(driver, database) as listener:
        tea = await add_product(database)
        await listener.until(lambda: len(listener.heard) == 1)
        stored: Any = await database["products"].find_one({})
        await database["products"].replace_one({}, stored | {"name": "Green tea"})
        await listener.until(lambda: len(listener.heard) == 2)
        await database["products"].delete_one({})
        await listener.until(lambda: len(listener.heard) == 3)
        await add_product(database, published=False)
        await listener.until(lambda: len(listener.heard) == 4)
    created, replaced, deleted, hidden = listener.of(CatalogueChanged)
    assert [each.change for each in (created, replaced, deleted, hidden)] == [
        "created",
        "updated",
        "withdrawn",
        "withdrawn",
    ]
    assert created.product_id == tea
    assert created.listing.level == Level(100, 0, 0, 0)
    assert replaced.listing.product.name == "Green tea"
    assert deleted.listing is None


async def test_a_level_and_an_entry_changed_at_once_are_both_told(driver: Driver, database: Database) -> None:
    """An import that sets price and stock in one write."""
    tea = await add_product(database)
    async with listening(driver, database) as listener:
        await database["products"].update_one({"_id": ObjectId(tea)}, {"$set": {"price": 900, "stock": 7}})
        await listener.until(lambda: len(listener.heard) == 2)
    level, entry = listener.heard
    assert isinstance(level, LevelChanged)
    assert isinstance(entry, CatalogueChanged)
    assert (level.stock, entry.change) == (7, "price_changed")


async def test_a_movement_is_no_catalogue_change(driver: Driver, database: Database) -> None:
    """Each changed level is told once, with the parts that changed."""
    tea = await add_product(database)
    async with running_ledger(driver, database, "p1") as ledger, listening(driver, database, "p1") as listener:
        await ledger.submit(SetLine(ANNA, tea, 2))
        await listener.until_marked(database)
    assert listener.heard == [LevelChanged(listener.heard[0].cursor, tea, None, 2, 1, None)]  # type: ignore[union-attr]


async def test_a_foreign_write_of_stock_arrives(driver: Driver, database: Database) -> None:
    """Without a version, as another program leaves it."""
    tea = await add_product(database)
    async with listening(driver, database) as listener:
        await database["products"].update_one({"_id": ObjectId(tea)}, {"$inc": {"stock": -1}})
        await listener.until(lambda: listener.heard)
    (change,) = listener.of(LevelChanged)
    assert (change.product_id, change.stock, change.held, change.version) == (tea, 99, None, None)


async def test_orders_are_told_when_they_change_not_when_they_are_made(driver: Driver, database: Database) -> None:
    """The caller has the new one already."""
    tea = await add_product(database)
    async with running_ledger(driver, database) as ledger, listening(driver, database) as listener:
        placed = (await buy(ledger, ANNA, tea)).order
        await ledger.submit(CancelOrder(placed.id, AN_ADMIN, "why"))
        await listener.until_marked(database)
    (change,) = listener.of(OrderUpdated)
    assert (change.order.id, change.order.status) == (placed.id, OrderStatus.CANCELLED)


@pytest.mark.parametrize("address", [None, HOME._replace(sealed="k2:another")._asdict()])
async def test_an_order_whose_address_alone_is_written_is_no_news(
    driver: Driver, database: Database, address: dict[str, str] | None
) -> None:
    """It was erased, or sealed under another key: its buyer has nothing to hear of."""
    tea = await add_product(database)
    async with running_ledger(driver, database) as ledger:
        placed = (await buy(ledger, ANNA, tea, address=HOME)).order
    async with listening(driver, database) as listener:
        await database["orders"].update_one({"_id": ObjectId(placed.id)}, {"$set": {"address": address}})
        await listener.until_marked(database)
    assert listener.of(OrderUpdated) == []


async def test_what_is_no_news_is_dropped_whatever_happens_in_a_collection_that_is_followed(
    driver: Driver, database: Database
) -> None:
    """The database is asked for whole collections; that one of them is gone does not end the stream either."""
    everywhere = ("notifications", "waiting", "sessions", "users", "projections", "crossings", "account_requests")
    shapeless = {"bypassDocumentValidation": True, "writeConcern": {"w": "majority"}}
    async with listening(driver, database) as listener:
        for name in everywhere:
            only, changed = {"_id": name}, {"$set": {"seen": True, "ended": None, "step": 1}}
            if name not in {"notifications", "crossings", "account_requests"}:  # what comes into those is news
                row = {**only, "family": name, "email": name, "product_id": name, "owner": name}
                await database.command({"insert": name, "documents": [row], **shapeless})
            await database.command({"update": name, "updates": [{"q": only, "u": changed}], **shapeless})
            await database.command({"delete": name, "deletes": [{"q": only, "limit": 1}], **shapeless})
        await database.drop_collection("projections")
        await listener.until_marked(database)
        assert listener.heard == []


async def test_what_happened_before_the_snapshot_is_not_told_again(driver: Driver, database: Database) -> None:
    """It is in the snapshot."""
    tea = await add_product(database)
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLine(ANNA, tea, 2))
        async with listening(driver, database) as listener:
            await listener.until_marked(database)
    assert listener.heard == []
    assert listener.levels[tea] == Level(100, 2, 1, 0)


async def test_a_feed_that_is_cancelled_ends(driver: Driver, database: Database) -> None:
    """At whatever moment; a driver that takes the cancellation for an error must not keep it going."""
    feed = ChangeFeed(driver, database, "listener")
    for moment in range(16):
        listener = Listener(feed, await feed.open())
        await asyncio.sleep(0.0005 * (moment % 8))
        listener.task.cancel()
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([listener.task])
        assert listener.task.cancelled()
    await feed.close()


async def test_a_cancellation_that_the_driver_loses_is_heeded(driver: Driver, database: Database) -> None:
    """As an error that looks like a lost connection."""
    feed = ChangeFeed(driver, database, "listener")
    await feed.open()

    async def follow() -> None:
        async for _ in feed.batches():
            pass

    async def lose(*_: Any, **__: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise AutoReconnect("operation cancelled") from None

    feed._run = lose  # type: ignore[assignment, method-assign]
    task = asyncio.create_task(follow())
    await asyncio.sleep(0.05)
    task.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait([task])
    assert task.cancelled()
    await feed.close()


async def test_the_lag_is_that_of_the_newest_change_and_none_while_nothing_happens(
    driver: Driver, database: Database
) -> None:
    """By the database's clock alone; a stream that gets no answer is late by its silence."""
    feed = ChangeFeed(driver, database, "me")
    old, now = Timestamp(100, 1), Timestamp(107, 1)
    feed._note_lag({"operationTime": now}, [{"clusterTime": old}])
    assert feed.lag == 7
    feed._note_lag({"operationTime": now}, [])
    assert feed.lag == 0
    feed._delivered_at -= 60
    assert feed.lag >= 60


async def test_half_a_product_keeps_no_process_from_starting(driver: Driver, database: Database) -> None:
    """Another program wrote it; the others are there."""
    await add_product(database, discounts=[{"kind": "half"}])
    whole = await add_product(database)
    feed = ChangeFeed(driver, database, "p1")
    snapshot = await feed.open()
    await feed.close()
    assert [product.id for product, _ in snapshot.products] == [whole]
