"""Acts upon catalogue entries: whole with their line in the history, beside a ledger that goes on."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import PyMongoError

from bench.shop.ledger import ledger_over, running_ledger
from models.account import AuditEvent
from models.alert import Notice, Told
from models.commands import Adjust, ClearCart, Restock, SetLine
from models.entry import Entry, EntryAct, add_discount, disable, edit, publish, put_price
from models.errors import Conflict, Invalid, NotFound, Pending
from models.identity import OwnerId
from models.letter import Letter
from models.policy import Policy
from models.pricing import Discount
from mongo import whole
from mongo.audit import audit
from mongo.catalogue import Catalogue
from mongo.driver import Database, Driver
from mongo.products import Products
from mongo.transaction import LedgerTransactions
from tests.mongo.shop import ANNA, SELLER, ask, both_drivers, buy, check_books, failing
from tests.patience import PATIENCE

ENTRY: dict[str, Any] = {
    "name": "Tea",
    "description": "",
    "price": 500,
    "currency": "EUR",
    "category": "kitchen/tea",
    "stock": 10,
    "sku": "TEA",
    "tags": [],
    "threshold": 3,
    "max_per_cart": 10,
    "seller_id": str(SELLER),
    "images": [],
}
EDIT = EntryAct(kind="edited", actor="u:seller", reason="spring", seller_id=str(SELLER))
HOUR = timedelta(hours=1)


@pytest.fixture
def catalogue(driver: Driver, database: Database) -> Catalogue:
    """Open the catalogue for writing."""
    return Catalogue(driver, database)


@pytest.fixture
async def tea(driver: Driver, database: Database) -> str:
    """Put a product on the shelf."""
    (product_id,) = await Products(driver, database).add([ENTRY], "u:seller")
    return product_id


def rule(change: Callable[..., Entry], *arguments: Any, **named: Any) -> Callable[[Entry, datetime], Entry]:
    """Make a rule that does not ask the clock."""
    return lambda entry, _now: change(entry, *arguments, **named)


def off(percent: int, begins: timedelta, ends: timedelta) -> Callable[[Entry, datetime], Entry]:
    """Make a rule that adds a discount for a period from now."""

    def add(entry: Entry, now: datetime) -> Entry:
        # Milliseconds, as the database has them.
        at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        return add_discount(entry, Discount(str(ObjectId()), "percent", percent, at + begins, at + ends), now)

    return add


async def stored(database: Database, product_id: str) -> dict[str, Any]:
    """Return a product as it is stored."""
    document = await database["products"].find_one({"_id": ObjectId(product_id)})
    assert document is not None
    return document


@both_drivers
async def test_an_act_writes_what_changed_and_who_did_it_and_why(catalogue: Catalogue, database: Database, tea: str):
    """What lists are found by follows, and is not told."""
    listing = await catalogue.change(tea, EDIT, rule(edit, {"name": "Green tea", "category": "tea"}))
    assert (listing.product.name, listing.category, listing.level.stock) == ("Green tea", "tea", 10)
    document = await stored(database, tea)
    assert document["shelves"] == ["all", "c:tea", f"s:{SELLER}", f"s:{SELLER}/c:tea"]
    assert document["updated_at"] > document["created_at"]
    (change,) = await catalogue.changes(tea, limit=10, after=None)
    assert (change.kind, change.actor, change.reason) == ("edited", "u:seller", "spring")
    assert change.changed == {"name": ("Tea", "Green tea"), "category": ("kitchen/tea", "tea")}
    await catalogue.change(tea, EDIT, rule(publish, published=False))
    assert (await stored(database, tea))["shelves"] == ["x:hidden", f"x:hidden/s:{SELLER}"]
    newest, oldest = await catalogue.changes(tea, limit=10, after=None)
    assert (newest.changed, oldest) == ({"published": (True, False)}, change)
    assert await catalogue.changes(tea, limit=10, after=newest.id) == [change]


async def test_what_changes_nothing_leaves_no_line(catalogue: Catalogue, database: Database, tea: str):
    """Nor anything else."""
    before = await stored(database, tea)
    await catalogue.change(tea, EDIT, rule(edit, {"name": "Tea"}))
    assert (await stored(database, tea), await catalogue.changes(tea, limit=9, after=None)) == (before, [])


async def test_only_what_is_there_and_ones_own_is_changed(catalogue: Catalogue, tea: str):
    """Whose it is stays secret: both are not found."""
    for product_id, seller in ((str(ObjectId()), None), (tea, str(ObjectId()))):
        act = EntryAct(kind="edited", actor="u:x", seller_id=seller)
        with pytest.raises(NotFound):
            await catalogue.change(product_id, act, rule(put_price, 1))
        with pytest.raises(NotFound):
            await catalogue.delete(product_id, act)


@both_drivers
async def test_a_sku_is_its_sellers(catalogue: Catalogue, driver: Driver, database: Database, tea: str):
    """Another seller may have the same; it can be taken away, and found while it is one's only."""
    products = Products(driver, database)
    (cup,) = await products.add([ENTRY | {"sku": "CUP"}], "u:seller")
    with pytest.raises(Conflict, match="SKU"):
        await catalogue.change(cup, EDIT, rule(edit, {"sku": "TEA"}))
    assert (await stored(database, cup))["sku"] == "CUP"
    await products.add([ENTRY | {"seller_id": str(ObjectId())}], "u:other")
    with pytest.raises(Conflict, match="several"):
        await products.by_sku("TEA")
    await catalogue.change(tea, EDIT, rule(edit, {"sku": None}))
    assert "sku" not in await stored(database, tea)
    await catalogue.change(cup, EDIT, rule(edit, {"sku": "TEA"}))


async def test_what_is_told_of_an_act_is_written_with_it(catalogue: Catalogue, database: Database, tea: str):
    """Notification, mail and the line of the audit trail; none where nothing changed, or the act is refused."""

    def told(entry: Entry, change_id: str) -> Told:
        key = f"product_disabled:{entry.id}:{change_id}"
        letter = Letter(key, "product_disabled", "seller@shop.test", {"name": entry.name})
        owner = OwnerId(f"u:{entry.seller_id}")
        return Told(
            Notice(key, owner, "product_disabled", {"reason": "fake"}, letter),
            AuditEvent(kind="disable_product", user_id=entry.seller_id),
        )

    act = EntryAct(kind="disabled", actor="u:admin", reason="fake")
    for _ in range(2):
        await catalogue.change(tea, act, rule(disable, "fake"), told)
    names = ("notifications", "emails", "audit_events", "catalogue_changes")
    assert [await database[name].count_documents({}) for name in names] == [1, 1, 1, 1]
    (mail,) = await database["emails"].find().to_list(None)
    assert (mail["to"], mail["state"]) == ("seller@shop.test", "pending")
    with pytest.raises(NotFound):
        await catalogue.change(str(ObjectId()), act, rule(disable, "fake"), told)
    assert await database["notifications"].count_documents({}) == 1


@both_drivers
@pytest.mark.parametrize("code", [112, 251])
async def test_an_act_that_meets_another_is_tried_again(
    driver: Driver, catalogue: Catalogue, database: Database, tea: str, code: int
):
    """Nothing is written twice."""
    transient = {"errorCode": code, "errorLabels": ["TransientTransactionError"]}
    async with failing(driver, "update", {"times": 2}, **transient):
        await catalogue.change(tea, EDIT, rule(put_price, 700))
    assert (await stored(database, tea))["price"] == 700
    assert await database["catalogue_changes"].count_documents({}) == 1


NO_MAJORITY = {"code": 64, "errmsg": "waiting for replication timed out", "errInfo": {"wtimeout": True}}


@both_drivers
@pytest.mark.parametrize("act", ["change", "delete"])
async def test_an_act_whose_end_is_not_known_is_pending(
    driver: Driver, catalogue: Catalogue, database: Database, tea: str, act: str
):
    """The commit is asked for again, after pauses that grow; here it ran each time, and nobody confirmed it."""
    begun = time.monotonic()
    async with failing(driver, "commitTransaction", "alwaysOn", writeConcernError=NO_MAJORITY):
        with pytest.raises(Pending):
            await (
                catalogue.change(tea, EDIT, rule(put_price, 700)) if act == "change" else catalogue.delete(tea, EDIT)
            )
    assert time.monotonic() - begun > whole.FIRST_PAUSE / 2 * (2 ** (whole.TRIES - 1) - 1)
    products = database["products"].count_documents({"price": 700} if act == "change" else {})
    assert await products == (1 if act == "change" else 0)
    async with failing(driver, "commitTransaction", {"times": 2}, writeConcernError=NO_MAJORITY):
        (cup,) = await Products(driver, database).add([ENTRY | {"sku": "CUP"}], "u:seller")
        await catalogue.change(cup, EDIT, rule(put_price, 800))
    assert (await stored(database, cup))["price"] == 800


@both_drivers
async def test_what_an_act_would_be_refused_for_can_be_asked_before(catalogue: Catalogue, database: Database, tea: str):
    """By a question that writes nothing."""
    products = Products(catalogue._driver, database)
    (cup, own) = await products.add([ENTRY | {"sku": "CUP"}, ENTRY | {"sku": None}], "u:seller")
    await products.add([ENTRY | {"sku": "POT", "seller_id": str(ObjectId())}], "u:other")
    before = await database["products"].find().sort("_id").to_list(None)
    for product_id, act, wish, refusal in (
        (cup, EDIT, {"sku": "TEA"}, Conflict),
        (cup, EDIT, {"category": "a//b"}, Invalid),
        (cup, EntryAct(kind="edited", actor="u:x", seller_id=str(ObjectId())), {}, NotFound),
    ):
        with pytest.raises(refusal):
            await catalogue.check(product_id, act, rule(edit, wish))
    for product_id, wish in ((cup, {"sku": "CUP"}), (cup, {"sku": "POT"}), (cup, {"sku": None}), (own, {"name": "x"})):
        await catalogue.check(product_id, EDIT, rule(edit, wish))
    assert await database["products"].find().sort("_id").to_list(None) == before


@pytest.mark.parametrize("command", ["aggregate", "update", "insert"])
async def test_an_act_that_fails_leaves_nothing(
    driver: Driver, catalogue: Catalogue, database: Database, tea: str, command: str
):
    """Wherever it was."""
    before = await stored(database, tea)
    async with failing(driver, command, {"times": 1}, errorCode=2):
        with pytest.raises(PyMongoError):
            await catalogue.change(tea, EDIT, rule(put_price, 700))
    assert await stored(database, tea) == before
    assert await database["catalogue_changes"].count_documents({}) == 0


async def test_acts_and_stock_moving_at_once_lose_nothing_of_each_other(
    catalogue: Catalogue, driver: Driver, database: Database, tea: str
):
    """Every price that was set is in the history in its order, every movement in the ledger."""

    async def price() -> None:
        for each in range(20):
            await catalogue.change(tea, EDIT, rule(put_price, 1000 + each))

    async with running_ledger(driver, database) as ledger:

        async def move() -> None:
            for each in range(20):
                restock = Restock(tea, 1, "u:seller", "")
                await ask(ledger, restock, SetLine(ANNA, tea, each % 5), SetLine(OwnerId("u:ben"), tea, each % 3))

        await asyncio.gather(price(), move())
    changes = await catalogue.changes(tea, limit=100, after=None)
    assert [change.changed["price"][1] for change in reversed(changes)] == list(range(1000, 1020))
    document = await stored(database, tea)
    assert (document["price"], document["stock"]) == (1019, 30)
    await check_books(database)


async def test_an_order_beside_price_changes_pays_one_of_the_prices(
    catalogue: Catalogue, driver: Driver, database: Database, tea: str
):
    """And the total it was told."""
    async with running_ledger(driver, database) as ledger:

        async def order(number: int) -> Any:
            return await buy(ledger, OwnerId(f"u:{number}"), tea, key=f"k{number}")

        async def price() -> None:
            for each in range(10):
                await catalogue.change(tea, EDIT, rule(put_price, 600 + each))

        *placed, _ = await asyncio.gather(*map(order, range(5)), price())
    for outcome in placed:
        (line,) = outcome.order.lines
        assert line.price in {500, *range(600, 610)}
        assert outcome.order.total_amount == line.price


@both_drivers
async def test_what_nobody_bought_or_holds_is_deleted_whole(
    catalogue: Catalogue, driver: Driver, database: Database, tea: str
):
    """With its movements; a cart that lets it go later finds nothing to give back to."""
    assert await catalogue.delete(tea, EDIT) is False
    assert await database["products"].count_documents({}) == 0
    assert await database["inventory_logs"].count_documents({}) == 0
    (change,) = await catalogue.changes(tea, limit=9, after=None)
    assert change.kind == "edited"
    assert (await audit(driver, database)).findings == ()


@both_drivers
async def test_what_is_in_a_cart_that_holds_nothing_is_kept(
    catalogue: Catalogue, driver: Driver, database: Database, tea: str
):
    """Where carts hold nothing, no movement tells of them."""
    transactions = LedgerTransactions(driver, database, "p1")
    async with ledger_over(transactions, policy=Policy(hold=timedelta())) as ledger:
        await ledger.submit(SetLine(ANNA, tea, 2))
        assert await database["inventory_logs"].count_documents({"change_type": {"$ne": "restock"}}) == 0
        assert await catalogue.delete(tea, EDIT) is True
        assert (await stored(database, tea))["deleted_at"] is not None
        await ledger.submit(ClearCart(ANNA))


async def test_what_orders_or_carts_refer_to_is_kept_out_of_sight(
    catalogue: Catalogue, driver: Driver, database: Database, tea: str
):
    """Its books stay right, its SKU is free, and nobody can act upon it."""
    products = Products(driver, database)
    (cup,) = await products.add([ENTRY | {"sku": "CUP"}], "u:seller")
    (pot,) = await products.add([ENTRY | {"sku": "POT"}], "u:seller")
    async with running_ledger(driver, database) as ledger:
        await buy(ledger, ANNA, tea)
        await ledger.submit(SetLine(ANNA, cup, 2))
        await ledger.submit(Adjust(pot, 1, None, "u:seller", "", None))  # that told somebody that it runs out
        assert [await catalogue.delete(each, EDIT) for each in (tea, cup, pot)] == [True, True, True]
        for each in (tea, cup, pot):
            assert await products.get(each) is None
            assert (await stored(database, each))["shelves"] == []
            with pytest.raises(NotFound):
                await catalogue.change(each, EDIT, rule(publish, published=True))
        await ledger.submit(ClearCart(ANNA))
    assert (await stored(database, cup))["held"] == 0
    await products.add([ENTRY], "u:seller")
    await check_books(database)
    assert (await audit(driver, database)).findings == ()


async def test_a_product_that_is_being_bought_while_it_is_deleted_is_bought_or_refused(
    catalogue: Catalogue, driver: Driver, database: Database
):
    """Never gone with a line that holds it."""
    products = Products(driver, database)
    ids = await products.add([ENTRY | {"sku": None} for _ in range(12)], "u:seller")
    async with running_ledger(driver, database) as ledger:
        puts = [ledger.submit(SetLine(OwnerId(f"u:{each}"), each, 1)) for each in ids]
        deletes = [catalogue.delete(each, EDIT) for each in ids]
        outcomes = await asyncio.gather(*puts, *deletes, return_exceptions=True)
    for put, kept in zip(outcomes[:12], outcomes[12:], strict=True):
        assert kept is (not isinstance(put, BaseException))
    await check_books(database)
    assert (await audit(driver, database)).findings == ()


@both_drivers
async def test_discounts_move_the_stored_price_when_they_begin_and_end(
    catalogue: Catalogue, database: Database, tea: str
):
    """A worker that comes late finds the price of then; one that comes twice does nothing."""
    await catalogue.change(tea, EDIT, off(20, -HOUR, HOUR))
    assert (await stored(database, tea))["price_now"] == 400
    await catalogue.change(tea, EDIT, off(50, timedelta(milliseconds=40), timedelta(milliseconds=600)))
    assert (await stored(database, tea))["price_now"] == 400

    async def costs(price: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while (await stored(database, tea))["price_now"] != price:
                await catalogue.reprice(10)
                await asyncio.sleep(0.02)

    await costs(250)
    await costs(400)
    before = await stored(database, tea)
    assert before["price_changes_at"] > datetime.now(UTC)
    assert await catalogue.reprice(10) is False
    assert await stored(database, tea) == before


async def test_repricing_leaves_alone_what_was_changed_meanwhile(catalogue: Catalogue, database: Database, tea: str):
    """The one who changed it has priced it."""
    await catalogue.change(tea, EDIT, off(20, -HOUR, HOUR))
    past = datetime.now(UTC) - HOUR
    await database["products"].update_one({"_id": ObjectId(tea)}, {"$set": {"price_changes_at": past}})
    products = database["products"]
    real = products.bulk_write

    async def late(writes: Any, **options: Any) -> Any:
        await catalogue.change(tea, EDIT, rule(put_price, 1000))
        return await real(writes, **options)

    catalogue._products = type("Late", (), {"find": products.find, "bulk_write": staticmethod(late)})()  # type: ignore[assignment]
    other = Catalogue(catalogue._driver, database)
    catalogue.change = other.change  # type: ignore[method-assign]
    await catalogue.reprice(10)
    assert (await stored(database, tea))["price_now"] == 800


async def test_what_another_program_wrote_is_put_on_its_shelves(catalogue: Catalogue, database: Database, tea: str):
    """Each product once."""
    shelves = (await stored(database, tea))["shelves"]
    gone = {"shelves": "", "price_now": "", "price_changes_at": ""}
    await database["products"].update_one({"_id": ObjectId(tea)}, {"$unset": gone})
    assert await catalogue.shelve(1) is True
    assert await catalogue.shelve(1) is False
    document = await stored(database, tea)
    assert (document["shelves"], document["price_now"]) == (shelves, 500)


HALF: Any = {"tags": None, "discounts": None, "images": None, "description": None, "category": None, "threshold": None}


@both_drivers
async def test_what_another_program_wrote_as_null_is_as_if_it_were_not_there(
    catalogue: Catalogue, driver: Driver, database: Database, tea: str
):
    """It is listed, put on its shelves, and can be written like any other."""
    gone = {"shelves": "", "price_now": "", "price_changes_at": ""}
    await database["products"].update_one(
        {"_id": ObjectId(tea)}, {"$set": HALF | {"max_per_cart": None}, "$unset": gone}
    )
    assert await catalogue.shelve(10) is False
    (listed,) = await Products(driver, database).owned(None, limit=10, after=None)
    assert (listed.tags, listed.images, listed.product.discounts, listed.description) == ((), (), (), "")
    assert (listed.product.threshold, listed.product.max_per_cart) == (3, 99)
    assert (await catalogue.change(tea, EDIT, off(20, -HOUR, HOUR))).product.discounts
    assert (await stored(database, tea))["shelves"] == ["all", f"s:{SELLER}"]


@both_drivers
async def test_a_product_that_cannot_be_read_stops_no_other(
    catalogue: Catalogue, driver: Driver, database: Database, tea: str, caplog: pytest.LogCaptureFixture
):
    """However small the portions are; it is logged once, and worked on when it is whole again."""
    await Products(driver, database).add([ENTRY | {"sku": None} for _ in range(3)], "u:seller")
    products = database["products"]
    past, broken = datetime.now(UTC) - HOUR, {"_id": ObjectId(tea)}
    await products.update_many({}, {"$set": {"price_changes_at": past, "price_now": 1}, "$unset": {"shelves": ""}})
    await products.update_one(broken, {"$set": {"discounts": [{"kind": "half"}], "price_changes_at": past - HOUR}})
    for step in (catalogue.reprice, catalogue.shelve):
        assert [await step(1) for _ in range(4)] == [True, True, True, False]
    assert await products.count_documents({"price_now": 500, "shelves": "all"}) == 3
    assert [each.message for each in caplog.records] == [f"a product cannot be read: {tea}"]
    await products.update_one(broken, {"$set": {"discounts": []}})
    await catalogue.shelve(1)
    assert await products.count_documents({"price_now": 500, "shelves": "all"}) == 4


async def test_a_threshold_that_falls_below_what_is_left_arms_the_alert_anew(
    catalogue: Catalogue, driver: Driver, database: Database, tea: str
):
    """The product is no longer low, so the next time it is will be told."""
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(SetLine(ANNA, tea, 8))
        await catalogue.change(tea, EDIT, rule(edit, {"threshold": 1}))
        assert (await stored(database, tea))["arming"] == 1
        await ledger.submit(SetLine(ANNA, tea, 9))
    crossings = await database["crossings"].find().sort("version").to_list(None)
    assert [(each["threshold"], each["arming"]) for each in crossings] == [(3, 0), (1, 1)]
    await check_books(database)
