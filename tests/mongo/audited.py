"""A shop with a history that the system made, for the audit to look at and for tests to tamper with."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from bench.shop.ledger import running_ledger
from ivorycart.alerts import Alerter
from ivorycart.ledger import Ledger
from models.audit import AuditResult
from models.commands import (
    Adjust,
    CancelOrder,
    ClearCart,
    ExpireCart,
    JoinLine,
    MergeCarts,
    PlaceOrder,
    Restock,
    SetEmail,
    SetLine,
)
from models.identity import OwnerId, owner_of_session
from models.order import Payment
from models.policy import Policy
from mongo.alerts import Alerts
from mongo.driver import Database, Document, Driver
from mongo.payments import Payments
from tests.movers import AN_ADMIN

Found = set[tuple[str, str]]
PRICE = 500


def owner(name: str) -> OwnerId:
    """Name the owner of an anonymous session."""
    return owner_of_session(name.ljust(20, "_"))


ANN, BOB, CAT, DAN, EVE, FAY = (owner(name) for name in ("ann", "bob", "cat", "dan", "eve", "fay"))


@dataclass
class Shop:
    """What the history left: ids of its products and orders, and the database that has them."""

    database: Database
    mug: ObjectId
    lamp: ObjectId
    paid: ObjectId
    plain: ObjectId
    cancelled: ObjectId

    async def change(self, collection: str, query: Document, update: Any) -> None:
        """Tamper with one document, whatever the validators say."""
        changed = await self.database[collection].update_one(query, update, bypass_document_validation=True)
        assert changed.modified_count == 1, "a corruption must change something"

    async def insert(self, collection: str, document: Document) -> ObjectId:
        """Smuggle in a document."""
        inserted = await self.database[collection].insert_one(document, bypass_document_validation=True)
        return inserted.inserted_id  # type: ignore[no-any-return]

    async def one(self, collection: str, query: Document, *, last: bool = False) -> Document:
        """Return one document: the first, or the last."""
        found = await self.database[collection].find_one(query, sort=[("version", -1 if last else 1), ("_id", 1)])
        assert found is not None
        return found

    async def delete(self, collection: str, query: Document) -> None:
        """Make one document disappear."""
        assert (await self.database[collection].delete_one(query)).deleted_count == 1

    async def age(self, collection: str, query: Document, field: str, seconds: int) -> None:
        """Set a date to that many seconds ago, by the database's clock."""
        then = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
        await self.change(collection, query, [{"$set": {field: then}}])


def ledger(driver: Driver, database: Database, hold: timedelta) -> AbstractAsyncContextManager[Ledger]:
    """Run a ledger with holds of a given length."""
    return running_ledger(driver, database, "test", policy=Policy(hold=hold))


def order(buyer: OwnerId, order_id: ObjectId, *, email: str | None = None, amount: int = 0) -> PlaceOrder:
    """Build an order; with an amount, it is paid."""
    payment = Payment("sandbox", f"pay_{order_id}", amount, "EUR") if amount else None
    return PlaceOrder(
        cart_id=buyer,
        order_id=str(order_id),
        order_key=str(order_id),
        fingerprint="f",
        buyer_id=None,
        email=email,
        address=None,
        payment=payment,
        expected_total=None,
    )


async def product(database: Database, name: str) -> ObjectId:
    """Add a product without stock."""
    document = {"name": name, "price": PRICE, "currency": "EUR", "seller_id": ObjectId(), "threshold": 3}
    level = {"stock": 0, "held": 0, "version": 0, "arming": 0, "max_per_cart": 50}
    inserted = await database["products"].insert_one(document | level)
    return inserted.inserted_id  # type: ignore[no-any-return]


async def trade(driver: Driver, shop: Shop) -> None:
    """Make every kind of movement, paid and plain orders, a cancellation, an expiry, a merge, an alert and a line."""
    mug, lamp = str(shop.mug), str(shop.lamp)
    async with ledger(driver, shop.database, timedelta(minutes=10)) as ask:
        await ask.submit(Restock(mug, 40, "seller", "delivery"))
        await ask.submit(Restock(lamp, 6, "seller", "delivery"))
        await ask.submit(Adjust(mug, None, -2, "seller", "broken"))
        await ask.submit(SetLine(ANN, mug, 2))
        await ask.submit(SetLine(ANN, lamp, 1))
        await ask.submit(SetEmail(ANN, "ann@example.org"))
        await ask.submit(SetLine(BOB, mug, 5))
        await ask.submit(ClearCart(BOB))
        await ask.submit(SetLine(CAT, mug, 3))
        await ask.submit(order(CAT, shop.paid, email="cat@example.org", amount=3 * PRICE))
        await ask.submit(SetLine(DAN, mug, 1))
        await ask.submit(SetLine(DAN, lamp, 2))
        await ask.submit(order(DAN, shop.cancelled))
        await ask.submit(CancelOrder(str(shop.cancelled), AN_ADMIN, "changed my mind"))
        await ask.submit(SetLine(EVE, mug, 2))
        await ask.submit(MergeCarts(EVE, FAY))
        await ask.submit(JoinLine(str(await product(shop.database, "fan")), BOB, "bob@example.org"))
    async with ledger(driver, shop.database, timedelta(milliseconds=1)) as hasty:
        await hasty.submit(SetLine(EVE, lamp, 1))
        while (await hasty.submit(ExpireCart(EVE))).cart.lines:
            await asyncio.sleep(0.01)
    async with ledger(driver, shop.database, timedelta(0)) as free:
        await free.submit(SetLine(DAN, mug, 4))
        await free.submit(order(DAN, shop.plain))
        await free.submit(SetLine(DAN, lamp, 1))
    await Alerter(Alerts(shop.database)).step()
    payments = Payments(driver, shop.database)
    due = await payments.due(10)
    await payments.captured([each for each in due if each.stands])
    await payments.voided([each for each in due if not each.stands])


@dataclass(frozen=True)
class Kept:
    """A history as it was made: its ids, every document by its collection, and when."""

    shop: Shop
    documents: dict[str, list[Document]]
    made_at: datetime


_kept: list[Kept] = []


async def traded(driver: Driver, database: Database) -> Shop:
    """Make a shop with a history; after the first time put the same into the database, as if it was made just now."""
    if not _kept:
        mug, lamp = await product(database, "mug"), await product(database, "lamp")
        made = Shop(database, mug, lamp, ObjectId(), ObjectId(), ObjectId())
        await trade(driver, made)
        names = await database.list_collection_names(filter={"type": "collection"})
        documents = {name: [each async for each in database[name].find()] for name in names}
        _kept.append(Kept(made, documents, datetime.now(UTC)))
        return made
    [kept] = _kept
    passed = datetime.now(UTC) - kept.made_at
    await asyncio.gather(*(_put(database, name, later(rows, passed)) for name, rows in kept.documents.items() if rows))
    return replace(kept.shop, database=database)


async def _put(database: Database, name: str, documents: list[Document]) -> None:
    await database[name].delete_many({})  # what every database begins with is among them
    await database[name].insert_many(documents)


def later(value: Any, passed: timedelta) -> Any:
    """Return what is stored as if it had happened so much later."""
    match value:
        case datetime():
            return value + passed
        case list():
            return [later(each, passed) for each in value]
        case dict():
            return {name: later(each, passed) for name, each in value.items()}
    return value


def found(result: AuditResult) -> Found:
    """Return which check named which document."""
    return {(finding.check, finding.document) for finding in result.findings}
