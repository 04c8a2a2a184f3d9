"""The audit finds nothing in a history that the system made, and each kind of corruption in one that was tampered with.

The corruptions are many and small, so this file is long: each says in one function what somebody does to the database,
and returns the documents that must be named.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import orjson
import pytest
from bson import ObjectId
from pymongo.errors import ExecutionTimeout, NetworkTimeout, OperationFailure
from pymongo.monitoring import CommandListener, CommandStartedEvent
from rich.console import Console

from ivorycart.audit_report import as_json, as_text
from ivorycart.ledger import Ledger
from models.audit import PROVES, AuditResult
from models.commands import (
    CancelOrder,
    SetLine,
)
from mongo.audit import ATTEMPTS, NotMigrated, audit
from mongo.driver import Database, Document, Driver
from tests.mongo.audited import ANN, BOB, DAN, FAY, PRICE, Found, Shop, found, ledger, order, owner, product, traded
from tests.movers import AN_ADMIN

BOTH = pytest.mark.parametrize("driver", ["motor", "pymongo"], indirect=True)


@pytest.fixture
async def shop(driver: Driver, database: Database) -> Shop:
    """Make a shop with a history."""
    return await traded(driver, database)


Corruption = Callable[[Shop], Awaitable[Found]]
CORRUPTIONS: list[Corruption] = []


def corruption(function: Corruption) -> Corruption:
    """Collect a way to tamper; it returns what must be found."""
    CORRUPTIONS.append(function)
    return function


# levels


@corruption
async def _stock_was_edited(shop: Shop) -> Found:
    await shop.change("products", {"_id": shop.mug}, {"$inc": {"stock": 1}})
    return {("levels", f"products/{shop.mug}")}


@corruption
async def _version_was_edited(shop: Shop) -> Found:
    await shop.change("products", {"_id": shop.mug}, {"$inc": {"version": 1}})
    return {("levels", f"products/{shop.mug}")}


@corruption
async def _held_was_edited(shop: Shop) -> Found:
    await shop.change("products", {"_id": shop.mug}, {"$inc": {"held": 1}})
    return {("levels", f"products/{shop.mug}"), ("held", f"products/{shop.mug}")}


@corruption
async def _a_movement_is_missing(shop: Shop) -> Found:
    await shop.delete("inventory_logs", {"product_id": shop.mug, "version": 2})
    after = await shop.one("inventory_logs", {"product_id": shop.mug, "version": 3})
    return {("levels", f"products/{shop.mug}"), ("levels", f"inventory_logs/{after['_id']}")}


@corruption
async def _all_movements_of_a_product_are_missing(shop: Shop) -> Found:
    pot = await product(shop.database, "pot")
    await shop.change("products", {"_id": pot}, {"$set": {"stock": 3, "version": 1}})
    return {("levels", f"products/{pot}")}


@corruption
async def _a_movement_starts_elsewhere(shop: Shop) -> Found:
    row = await shop.one("inventory_logs", {"product_id": shop.mug}, last=True)
    await shop.change("inventory_logs", {"_id": row["_id"]}, {"$inc": {"old_stock": 1, "new_stock": 1}})
    return {("levels", f"inventory_logs/{row['_id']}")}


@corruption
async def _the_first_movement_does_not_start_from_nothing(shop: Shop) -> Found:
    pot = await product(shop.database, "pot")
    level = {"old_stock": 5, "new_stock": 6, "old_held": 0, "new_held": 0}
    row = await shop.insert("inventory_logs", {"product_id": pot, "version": 1, "change_type": "restock", **level})
    await shop.change("products", {"_id": pot}, {"$set": {"stock": 1, "version": 1}})
    return {("levels", f"inventory_logs/{row}")}


@corruption
async def _a_movement_is_not_of_its_type(shop: Shop) -> Found:
    row = await shop.one("inventory_logs", {"product_id": shop.mug, "change_type": "restock"})
    await shop.change("inventory_logs", {"_id": row["_id"]}, {"$set": {"change_type": "release"}})
    return {("levels", f"inventory_logs/{row['_id']}")}


@corruption
async def _a_movement_is_of_an_unknown_type(shop: Shop) -> Found:
    row = await shop.one("inventory_logs", {"product_id": shop.mug, "change_type": "adjustment"})
    await shop.change("inventory_logs", {"_id": row["_id"]}, {"$set": {"change_type": "theft"}})
    return {("levels", f"inventory_logs/{row['_id']}")}


@corruption
async def _a_movement_is_of_no_product(shop: Shop) -> Found:
    level = {"old_stock": 0, "new_stock": 1, "old_held": 0, "new_held": 0}
    row = {"product_id": ObjectId(), "version": 1, "change_type": "restock", **level}
    return {("levels", f"inventory_logs/{await shop.insert('inventory_logs', row)}")}


# held


@corruption
async def _a_cart_has_more_than_it_holds(shop: Shop) -> Found:
    await shop.change("carts", {"_id": ANN}, {"$inc": {"lines.0.quantity": 1}})
    return {("held", f"products/{shop.mug}")}


@corruption
async def _a_holding_cart_is_gone(shop: Shop) -> Found:
    await shop.delete("carts", {"_id": ANN})
    return {("held", f"products/{shop.mug}"), ("held", f"products/{shop.lamp}")}


@corruption
async def _stock_is_less_than_held(shop: Shop) -> Found:
    await shop.change("products", {"_id": shop.mug}, {"$set": {"stock": 1}})
    return {("levels", f"products/{shop.mug}"), ("held", f"products/{shop.mug}")}


@corruption
async def _a_cart_has_a_product_twice(shop: Shop) -> Found:
    line = {"product_id": shop.mug, "quantity": 1, "since": 1}
    await shop.change("carts", {"_id": FAY}, {"$set": {"lines": [line, line]}})
    return {("held", f"carts/{FAY}")}


@corruption
async def _a_line_has_no_units(shop: Shop) -> Found:
    line = {"product_id": shop.lamp, "quantity": 0, "since": 1}
    await shop.change("carts", {"_id": FAY}, {"$push": {"lines": line}})
    return {("held", f"carts/{FAY}")}


@corruption
async def _an_empty_cart_has_an_expiry(shop: Shop) -> Found:
    await shop.age("carts", {"_id": BOB}, "expires_at", -60)
    return {("held", f"carts/{BOB}")}


@corruption
async def _an_expiry_is_no_date(shop: Shop) -> Found:
    await shop.change("carts", {"_id": ANN}, {"$set": {"expires_at": "tomorrow"}})
    return {("held", f"carts/{ANN}")}


@corruption
async def _a_full_cart_has_no_currency(shop: Shop) -> Found:
    await shop.change("carts", {"_id": DAN}, {"$set": {"currency": None}})
    return {("held", f"carts/{DAN}")}


@corruption
async def _a_cart_holds_no_product(shop: Shop) -> Found:
    line = {"product_id": ObjectId(), "quantity": 1, "since": 1}
    await shop.change("carts", {"_id": ANN}, {"$push": {"lines": line}})
    return {("held", f"carts/{ANN}")}


# expiry


@corruption
async def _a_cart_outlives_its_hold(shop: Shop) -> Found:
    await shop.age("carts", {"_id": ANN}, "expires_at", 62)
    return {("expiry", f"carts/{ANN}")}


# orders


@corruption
async def _a_purchase_is_for_another_order(shop: Shop) -> Found:
    row = await shop.one("inventory_logs", {"cause": str(shop.plain), "change_type": "purchase"})
    await shop.change("inventory_logs", {"_id": row["_id"]}, {"$set": {"cause": str(ObjectId())}})
    return {("orders", f"orders/{shop.plain}"), ("orders", f"inventory_logs/{row['_id']}")}


@corruption
async def _an_order_is_gone(shop: Shop) -> Found:
    row = await shop.one("inventory_logs", {"cause": str(shop.plain)})
    await shop.delete("orders", {"_id": shop.plain})
    return {("orders", f"inventory_logs/{row['_id']}")}


@corruption
async def _an_order_line_is_of_another_quantity(shop: Shop) -> Found:
    line = {"product_list.0.quantity": 2, "product_list.0.price": 2 * PRICE}
    await shop.change("orders", {"_id": shop.plain}, {"$set": line})
    return {("orders", f"orders/{shop.plain}")}


@corruption
async def _an_order_line_is_there_twice(shop: Shop) -> Found:
    line = (await shop.one("orders", {"_id": shop.plain}))["product_list"][0] | {"quantity": 2}
    await shop.change("orders", {"_id": shop.plain}, {"$set": {"product_list": [line, line]}})
    return {("orders", f"orders/{shop.plain}")}


@corruption
async def _an_order_line_has_no_units(shop: Shop) -> Found:
    line = (await shop.one("orders", {"_id": shop.plain}))["product_list"][0]
    added = line | {"product_id": shop.lamp, "quantity": 0}
    await shop.change("orders", {"_id": shop.plain}, {"$push": {"product_list": added}})
    return {("orders", f"orders/{shop.plain}")}


@corruption
async def _an_order_has_no_lines(shop: Shop) -> Found:
    row = await shop.one("inventory_logs", {"cause": str(shop.plain)})
    await shop.change("orders", {"_id": shop.plain}, {"$set": {"product_list": [], "total_amount": 0}})
    return {("orders", f"orders/{shop.plain}"), ("orders", f"inventory_logs/{row['_id']}")}


@corruption
async def _a_total_is_wrong(shop: Shop) -> Found:
    await shop.change("orders", {"_id": shop.plain}, {"$inc": {"total_amount": -1}})
    return {("orders", f"orders/{shop.plain}")}


@corruption
async def _an_order_that_stands_was_returned(shop: Shop) -> Found:
    await shop.change("orders", {"_id": shop.cancelled}, {"$set": {"status": "placed"}})
    return {("orders", f"orders/{shop.cancelled}")}


@corruption
async def _a_cancelled_order_was_not_returned(shop: Shop) -> Found:
    await shop.change("orders", {"_id": shop.plain}, {"$set": {"status": "cancelled"}})
    return {("orders", f"orders/{shop.plain}")}


@corruption
async def _an_order_has_an_unknown_status(shop: Shop) -> Found:
    await shop.change("orders", {"_id": shop.plain}, {"$set": {"status": "lost"}})
    return {("orders", f"orders/{shop.plain}")}


@corruption
async def _two_orders_have_one_key(shop: Shop) -> Found:
    await shop.database["orders"].drop_index("owner_1_order_key_1")
    await shop.change("orders", {"_id": shop.plain}, {"$set": {"order_key": str(shop.cancelled)}})
    return {("orders", f"orders/{max(shop.plain, shop.cancelled)}")}


# payments


async def paid(shop: Shop, update: Document) -> Found:
    """Tamper with the one payment, which must be named."""
    payment = await shop.one("payments", {})
    await shop.change("payments", {"_id": payment["_id"]}, update)
    return {("payments", f"payments/{payment['_id']}")}


@corruption
async def _a_payment_is_missing(shop: Shop) -> Found:
    await shop.delete("payments", {})
    return {("payments", f"orders/{shop.paid}")}


@corruption
async def _an_order_was_paid_twice(shop: Shop) -> Found:
    payment = await shop.one("payments", {})
    await shop.insert("payments", payment | {"_id": ObjectId(), "provider_id": "pay_again"})
    return {("payments", f"orders/{shop.paid}")}


@corruption
async def _a_payment_is_for_no_order(shop: Shop) -> Found:
    payment = await shop.one("payments", {})
    changed = {"_id": ObjectId(), "provider_id": "pay_other", "order_id": ObjectId()}
    return {("payments", f"payments/{await shop.insert('payments', payment | changed)}")}


@corruption
async def _an_order_knows_nothing_of_its_payment(shop: Shop) -> Found:
    payment = await shop.one("payments", {})
    await shop.change("orders", {"_id": shop.paid}, {"$set": {"payment": None}})
    return {("payments", f"payments/{payment['_id']}")}


@corruption
async def _a_payment_is_of_another_amount(shop: Shop) -> Found:
    return await paid(shop, {"$inc": {"amount": 1, "captured": 1}})


@corruption
async def _order_and_payment_agree_on_a_wrong_amount(shop: Shop) -> Found:
    await shop.change("orders", {"_id": shop.paid}, {"$inc": {"payment.amount": 1}})
    return await paid(shop, {"$inc": {"amount": 1, "captured": 1}})


@corruption
async def _a_payment_is_in_another_currency(shop: Shop) -> Found:
    return await paid(shop, {"$set": {"currency": "CHF"}})


@corruption
async def _a_payment_is_another_at_the_provider(shop: Shop) -> Found:
    return await paid(shop, {"$set": {"provider_id": "pay_other"}})


@corruption
async def _more_was_captured_than_was_to_pay(shop: Shop) -> Found:
    return await paid(shop, {"$inc": {"captured": 1}})


@corruption
async def _less_was_captured_than_was_to_pay(shop: Shop) -> Found:
    return await paid(shop, {"$inc": {"captured": -1}})


@corruption
async def _more_was_refunded_than_captured(shop: Shop) -> Found:
    return await paid(shop, {"$set": {"state": "refunded", "refunded": 3 * PRICE + 1}})


@corruption
async def _a_voided_payment_was_captured(shop: Shop) -> Found:
    return await paid(shop, {"$set": {"state": "voided"}})


@corruption
async def _a_payment_is_in_an_unknown_state(shop: Shop) -> Found:
    return await paid(shop, {"$set": {"state": "lost"}})


@corruption
async def _an_amount_is_no_number(shop: Shop) -> Found:
    return await paid(shop, {"$set": {"state": "refunded", "refunded": "all"}})


@corruption
async def _a_payment_is_not_settled(shop: Shop) -> Found:
    await shop.age("payments", {}, "created_at", 62)
    return await paid(shop, {"$set": {"state": "authorised", "captured": 0}})


# telling


@corruption
async def _a_confirmation_is_missing(shop: Shop) -> Found:
    await shop.delete("emails", {"_id": f"order_placed:{shop.paid}"})
    return {("telling", f"orders/{shop.paid}")}


@corruption
async def _an_order_that_does_not_exist_is_confirmed(shop: Shop) -> Found:
    mail = await shop.one("emails", {"_id": f"order_placed:{shop.paid}"})
    order_id = str(ObjectId())
    key = f"order_placed:{order_id}"
    await shop.insert("emails", mail | {"_id": key, "data": {"order_id": order_id}})
    return {("telling", f"emails/{key}")}


@corruption
async def _an_order_is_confirmed_twice(shop: Shop) -> Found:
    mail = await shop.one("emails", {"_id": f"order_placed:{shop.paid}"})
    await shop.insert("emails", mail | {"_id": "again"})
    return {("telling", "emails/again")}


@corruption
async def _a_mail_was_forgotten(shop: Shop) -> Found:
    key = f"order_placed:{shop.paid}"
    await shop.age("emails", {"_id": key}, "due", 302)
    return {("telling", f"emails/{key}")}


@corruption
async def _a_mail_is_in_an_unknown_state(shop: Shop) -> Found:
    key = f"order_placed:{shop.paid}"
    await shop.change("emails", {"_id": key}, {"$set": {"state": "somewhere"}})
    return {("telling", f"emails/{key}")}


@corruption
async def _an_alert_was_mailed_and_not_notified(shop: Shop) -> Found:
    mail = await shop.one("emails", {"_id": f"order_placed:{shop.paid}"})
    await shop.insert("emails", mail | {"_id": "low_stock:x", "kind": "low_stock", "data": {}})
    return {("telling", "emails/low_stock:x")}


@corruption
async def _a_crossing_was_not_told(shop: Shop) -> Found:
    crossing = await shop.one("crossings", {})
    await shop.change("crossings", {"_id": crossing["_id"]}, {"$set": {"state": "due"}})
    await shop.age("crossings", {"_id": crossing["_id"]}, "timestamp", 62)
    return {("telling", f"crossings/{crossing['_id']}")}


@corruption
async def _a_crossing_is_in_an_unknown_state(shop: Shop) -> Found:
    crossing = await shop.one("crossings", {})
    await shop.change("crossings", {"_id": crossing["_id"]}, {"$set": {"state": "half"}})
    return {("telling", f"crossings/{crossing['_id']}")}


@corruption
async def _a_crossing_was_told_to_fewer_than_it_says(shop: Shop) -> Found:
    crossing = await shop.one("crossings", {"told": {"$gt": 0}})
    await shop.change("crossings", {"_id": crossing["_id"]}, {"$inc": {"told": 1}})
    return {("telling", f"crossings/{crossing['_id']}")}


@corruption
async def _a_notification_is_there_twice(shop: Shop) -> Found:
    await shop.database["notifications"].drop_index("key_1")
    told = await shop.one("notifications", {})
    again = await shop.insert("notifications", told | {"_id": ObjectId(), "crossing": None})
    return {("telling", f"notifications/{max(again, told['_id'])}")}


@corruption
async def _a_notification_is_of_no_crossing(shop: Shop) -> Found:
    told = await shop.one("notifications", {})
    stray = {"_id": ObjectId(), "key": "stray", "crossing": "nothing:1"}
    return {("telling", f"notifications/{await shop.insert('notifications', told | stray)}")}


# rules


@BOTH
async def test_a_history_made_by_the_system_is_clean(driver: Driver, shop: Shop) -> None:
    """What the ledger, the alerter and the settler leave behind has no findings, and all of it was looked at."""
    result = await audit(driver, shop.database)
    assert found(result) == set()
    assert result.ok
    assert [check.check for check in result.checks] == [name for name in PROVES if name != "provider"]
    for check in result.checks:
        for collection, examined in check.examined.items():
            assert examined == await shop.database[collection].count_documents({}) > 0


@pytest.mark.parametrize("tamper", CORRUPTIONS, ids=lambda tamper: tamper.__name__.strip("_"))
async def test_a_corruption_is_found_and_named(driver: Driver, shop: Shop, tamper: Corruption) -> None:
    """Each corruption is found by the right checks, naming the right documents, and nothing else is."""
    expected = await tamper(shop)
    result = await audit(driver, shop.database)
    assert found(result) == expected
    assert not result.ok


async def test_a_repeated_version_is_found(driver: Driver, shop: Shop) -> None:
    """Without the unique index, a movement stored twice is named: one of the two, and the product."""
    await shop.database["inventory_logs"].drop_index("product_id_1_version_1")
    row = await shop.one("inventory_logs", {"product_id": shop.mug, "change_type": "adjustment"})
    again = await shop.insert("inventory_logs", row | {"_id": ObjectId()})
    result = await audit(driver, shop.database)
    one, other = (("levels", f"inventory_logs/{each}") for each in (row["_id"], again))
    assert found(result) & {one, other}
    assert found(result) - {one, other} == {("levels", f"products/{shop.mug}")}


FITS = [
    *(("restock", 1, 0), ("return", 1, 0), ("adjustment", 1, 0), ("adjustment", -1, 0)),
    *(("hold", 0, 1), ("release", 0, -1), ("expire", 0, -1), ("purchase", -1, -1), ("purchase", -1, 0)),
]
MISFITS = [
    *(("restock", -1, 0), ("restock", 1, 1), ("restock", 0, 0), ("return", -1, 0), ("return", 1, -1)),
    *(("adjustment", 0, 0), ("adjustment", 1, 1), ("hold", 0, -1), ("hold", 1, 1), ("hold", 0, 0)),
    *(("release", 0, 1), ("release", -1, -1), ("expire", 0, 1), ("expire", 1, -1)),
    *(("purchase", 1, 0), ("purchase", -2, -1), ("purchase", 0, 0), ("purchase", -1, 1)),
    *(("adjustment", -4, 0), ("release", 0, -3), ("hold", 0, 4)),  # of 5 on hand and 2 held
]


@pytest.mark.parametrize("moves", [FITS, MISFITS], ids=["fits", "misfits"])
async def test_a_movement_does_what_its_type_says(
    driver: Driver, database: Database, moves: list[tuple[str, int, int]]
) -> None:
    """A hold claims, a release frees, a purchase takes; none leaves less than nothing, or more held than stock."""
    shop = Shop(database, *(ObjectId() for _ in range(5)))
    last = set()
    for change_type, stock, held in moves:
        made = await product(database, change_type)
        start = [("restock", 0, 5, 0, 0), ("hold", 5, 5, 0, 2), (change_type, 5, 5 + stock, 2, 2 + held)]
        for version, (name, *level) in enumerate(start, 1):
            numbers = dict(zip(("old_stock", "new_stock", "old_held", "new_held"), level, strict=True))
            row = {"product_id": made, "version": version, "change_type": name, "cause": ""}
            inserted = await shop.insert("inventory_logs", row | numbers)
        last.add(("levels", f"inventory_logs/{inserted}"))
    rows = {each for each in found(await audit(driver, database)) if each[0] == "levels" and "inventory" in each[1]}
    assert rows == (last if moves is MISFITS else set())


async def test_what_is_late_but_within_its_slack_is_no_finding(driver: Driver, shop: Shop) -> None:
    """Workers get their time: a running system has something due at any moment."""
    await shop.age("carts", {"_id": ANN}, "expires_at", 5)
    await shop.change("payments", {}, {"$set": {"state": "authorised", "captured": 0}})
    await shop.change("crossings", {}, {"$set": {"state": "due"}})
    await shop.age("emails", {"_id": f"order_placed:{shop.paid}"}, "due", 60)
    assert found(await audit(driver, shop.database)) == set()


async def test_a_refunded_order_may_have_its_goods_back_or_not(driver: Driver, shop: Shop) -> None:
    """Money can be given back without the goods returning, and with."""
    for order_id in (shop.plain, shop.cancelled):
        step = (await shop.one("orders", {"_id": order_id}))["history"][-1] | {"status": "refunded"}
        step.pop("seller_id", None)  # it happened to all of it
        refunded = {"status": "refunded", "fulfilments.$[].status": "refunded"}
        await shop.change("orders", {"_id": order_id}, {"$set": refunded, "$push": {"history": step}})
    assert found(await audit(driver, shop.database)) == set()


@BOTH
async def test_a_running_system_gives_no_false_alarm(driver: Driver, shop: Shop) -> None:
    """All reads are of one snapshot: however much is written meanwhile, everything agrees."""
    mug = str(shop.mug)
    stop = asyncio.Event()

    async def buy(ask: Ledger, number: int) -> None:
        buyer = owner(f"buyer{number}")
        while not stop.is_set():
            order_id = ObjectId()
            await ask.submit(SetLine(buyer, mug, 1 + number % 2))
            await ask.submit(order(buyer, order_id, email="b@example.org", amount=(1 + number % 2) * PRICE))
            await ask.submit(CancelOrder(str(order_id), AN_ADMIN, "why"))

    async with ledger(driver, shop.database, timedelta(minutes=10)) as ask:
        before = await audit(driver, shop.database)
        buyers = [asyncio.create_task(buy(ask, number)) for number in range(6)]
        results = [await audit(driver, shop.database) for _ in range(4)]
        stop.set()
        await asyncio.gather(*buyers)
    assert [found(result) for result in results] == [set()] * 4
    assert results[-1].checks[0].documents > before.checks[0].documents, "something must have been written meanwhile"


async def test_findings_beyond_the_limit_are_counted(driver: Driver, shop: Shop) -> None:
    """A broken database doesn't flood the report: the first findings are listed, all are counted."""
    rows = [{"order_id": ObjectId(), "provider": "x", "provider_id": str(number)} for number in range(30)]
    amounts = {"amount": 1, "captured": 1, "refunded": 0, "state": "captured"}
    await shop.database["payments"].insert_many([row | amounts for row in rows])
    payments = (await audit(driver, shop.database, listed=10)).checks[4]
    assert (payments.check, len(payments.findings), payments.total, payments.unlisted) == ("payments", 10, 30, 20)


ANY_TYPE: dict[str, tuple[str, ...]] = {
    "products": ("stock", "held", "version"),
    "inventory_logs": ("product_id", "version", "change_type", "old_stock", "new_stock", "new_held", "cause"),
    "carts": ("lines", "lines.0", "lines.0.product_id", "lines.0.quantity", "expires_at"),
    "orders": ("product_list", "product_list.0", "product_list.0.price", "total_amount", "status", "payment"),
    "payments": ("order_id", "amount", "captured", "state", "created_at"),
    "emails": ("state", "due", "data"),
    "crossings": ("state", "told", "timestamp"),
    "notifications": ("key", "crossing"),
}
# Dates of what is over already say nothing, nor do the keys of notifications that were not mailed.
MEANINGLESS = {"payments.created_at", "crossings.timestamp", "notifications.key"}


@pytest.mark.parametrize("value", ["text", -1.5, None, [], [None, "x"], {"a": 1}, True], ids=str)
async def test_no_type_of_a_field_stops_the_audit(driver: Driver, shop: Shop, value: Any) -> None:
    """Whatever somebody wrote into a field, the audit goes on, and finds it where it means something."""
    queries: dict[str, Document] = {
        "products": {"_id": shop.mug},
        "carts": {"_id": ANN},
        "orders": {"_id": shop.paid},
        "emails": {"_id": f"order_placed:{shop.paid}"},
        "inventory_logs": {"cause": str(shop.paid)},
        "notifications": {"kind": "low_stock"},
    }
    missed = set()
    for collection, fields in ANY_TYPE.items():
        before = await shop.one(collection, queries.get(collection, {}))
        for field in fields:
            await shop.change(collection, {"_id": before["_id"]}, {"$set": {field: value}})
            if (await audit(driver, shop.database)).ok:
                missed.add(f"{collection}.{field}")
            await shop.database[collection].replace_one({"_id": before["_id"]}, before)
    assert missed <= MEANINGLESS


async def test_a_database_without_a_shop_is_refused(driver: Driver) -> None:
    """A mistyped database name must not pass for a clean one."""
    with pytest.raises(NotMigrated):
        await audit(driver, driver.client["no_such_shop"])


@asynccontextmanager
async def failing(driver: Driver, mode: Document, **data: Any) -> AsyncIterator[None]:
    """Let aggregations fail at the server."""
    point = {"configureFailPoint": "failCommand"}
    await driver.client.admin.command(point | {"mode": mode, "data": {"failCommands": ["aggregate"], **data}})
    try:
        yield
    finally:
        await driver.client.admin.command(point | {"mode": "off"})


@BOTH
@pytest.mark.parametrize("code", [239, 246])
async def test_a_lost_snapshot_is_taken_anew(driver: Driver, shop: Shop, code: int) -> None:
    """An index built meanwhile, or too long a history, costs a fresh start; for ever, it is an error."""
    async with failing(driver, {"times": ATTEMPTS - 1}, errorCode=code):
        assert (await audit(driver, shop.database)).ok
    async with failing(driver, {"times": ATTEMPTS}, errorCode=code):
        with pytest.raises(OperationFailure):
            await audit(driver, shop.database)


@pytest.fixture(params=["motor", "pymongo"])
async def hurried(request: pytest.FixtureRequest, mongo_uri: str) -> AsyncIterator[tuple[Driver, "Commands"]]:
    """Connect with a client that gives each short command 0.2 s, and that is listened to."""
    commands = Commands()
    driver = Driver(mongo_uri, request.param, socketTimeoutMS=200, event_listeners=[commands])
    yield driver, commands
    await driver.close()


class Commands(CommandListener):
    """Keeps the aggregations that were sent."""

    def __init__(self) -> None:
        self.aggregations: list[Any] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep an aggregation."""
        if event.command_name == "aggregate":
            self.aggregations.append(event.command)

    def succeeded(self, _: Any) -> None:
        """Not of interest."""

    def failed(self, _: Any) -> None:
        """Not of interest."""


async def test_an_audit_may_take_longer_than_a_short_command(
    driver: Driver, shop: Shop, hurried: tuple[Driver, Commands]
) -> None:
    """A million documents take their time: the audit has its own limit, and that one holds."""
    name = shop.database.name
    async with failing(driver, {"times": 1}, blockConnection=True, blockTimeMS=600):
        assert (await audit(hurried[0], hurried[0].client[name])).ok
    async with failing(driver, {"times": 1}, blockConnection=True, blockTimeMS=600):
        with pytest.raises((ExecutionTimeout, NetworkTimeout)):
            await audit(hurried[0], hurried[0].client[name], within_seconds=0.3)


async def test_all_reads_are_of_one_snapshot(shop: Shop, hurried: tuple[Driver, Commands]) -> None:
    """Each aggregation asks for the same moment, which the first one's answer named, and may spill to disk."""
    driver, commands = hurried
    await audit(driver, driver.client[shop.database.name])
    concerns = [dict(each["readConcern"]) for each in commands.aggregations]
    assert {each["level"] for each in concerns} == {"snapshot"}
    assert "atClusterTime" not in concerns[0]
    assert len({each["atClusterTime"] for each in concerns[1:]}) == 1
    assert all(each["allowDiskUse"] for each in commands.aggregations)


def shown(result: AuditResult) -> str:
    """Print the report as a terminal would have it."""
    out = io.StringIO()
    Console(file=out, width=200).print(as_text(result))
    return out.getvalue()


async def test_the_report_names_checks_and_documents(driver: Driver, shop: Shop) -> None:
    """People get a table and the findings, programs the same as data."""
    clean = await audit(driver, shop.database)
    assert "Everything that must hold, holds." in shown(clean)
    await _a_total_is_wrong(shop)
    result = await audit(driver, shop.database, listed=1)
    text = shown(result)
    assert all(name in text for name in PROVES if name != "provider")
    assert f"orders/{shop.plain}  has total 1999, but its lines and shipping add up to 2000" in text
    data = orjson.loads(orjson.dumps(as_json(result)))
    assert (data["ok"], data["total"], data["at"][-1]) == (False, 1, "Z")
    assert data["checks"][3]["findings"][0]["document"] == f"orders/{shop.plain}"


async def test_the_report_obeys_no_document(driver: Driver, shop: Shop) -> None:
    """A document's text can't move the cursor of the terminal, colour it, or pass for markup."""
    row = await shop.one("inventory_logs", {"change_type": "adjustment"})
    await shop.change("inventory_logs", {"_id": row["_id"]}, {"$set": {"change_type": "[red]\x1b[2J\n"}})
    text = shown(await audit(driver, shop.database))
    assert "unknown type [red]\\x1b[2J\\n" in text
