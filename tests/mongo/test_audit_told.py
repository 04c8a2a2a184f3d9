"""The audit compares what documents say of each other: what was told with what happened, money with orders.

Each corruption here leaves every document in order by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from ivorycart.alerts import Alerter
from models.commands import Adjust, CancelOrder, ClearCart, Restock, SetLine
from mongo.alerts import Alerts
from mongo.audit import audit
from mongo.driver import Database, Document, Driver
from tests.mongo.audited import ANN, BOB, CAT, DAN, PRICE, Found, Shop, found, ledger, product, traded
from tests.movers import AN_ADMIN

LATE = timedelta(seconds=62)


@pytest.fixture
async def shop(driver: Driver, database: Database) -> Shop:
    """Make a shop with a history in which one product, the pot, was sold out and its seller has an address."""
    made = await traded(driver, database)
    pot = await product(database, "pot")
    seller = (await made.one("products", {"_id": pot}))["seller_id"]
    account = {"email": "sue@example.org", "role": "seller", "password": "x", "activated_at": None}
    await database["users"].insert_one({"_id": seller, **account})
    async with ledger(driver, database, timedelta(minutes=10)) as ask:
        await ask.submit(Restock(str(pot), 5, "seller", ""))
        for owner, units in ((ANN, 2), (BOB, 1), (CAT, 2)):
            await ask.submit(SetLine(owner, str(pot), units))
    await Alerter(Alerts(database)).step()
    return made


async def pot_of(shop: Shop) -> ObjectId:
    """Return the id of the product that was sold out."""
    return (await shop.one("products", {"name": "pot"}))["_id"]  # type: ignore[no-any-return]


async def crossing_of(shop: Shop, left: int) -> str:
    """Return the id of the crossing that left so many pots."""
    return (await shop.one("crossings", {"product_id": await pot_of(shop), "available": left}))["_id"]  # type: ignore[no-any-return]


async def forget(shop: Shop, crossing: str) -> None:
    """Delete a crossing and everything that came of it."""
    await shop.delete("crossings", {"_id": crossing})
    for collection in ("notifications", "emails"):
        await shop.database[collection].delete_many({"crossing": crossing})


async def alter(shop: Shop, order_id: ObjectId, **fields: Any) -> Found:
    """Set fields of an order, which the check of orders must name."""
    await shop.change("orders", {"_id": order_id}, {"$set": fields})
    return {("orders", f"orders/{order_id}")}


async def pay(shop: Shop, **fields: Any) -> Found:
    """Set fields of the one payment, which must be named."""
    await shop.change("payments", {}, {"$set": fields})
    return {("payments", f"payments/{(await shop.one('payments', {}))['_id']}")}


def letter(shop: Shop) -> Document:
    """Return the query for the one confirmation."""
    return {"_id": f"order_placed:{shop.paid}"}


async def cancel(driver: Driver, shop: Shop, *, ago: timedelta) -> None:
    """Cancel the paid order, so long ago."""
    async with ledger(driver, shop.database, timedelta(minutes=10)) as ask:
        await ask.submit(CancelOrder(str(shop.paid), AN_ADMIN, "why"))
    history = (await shop.one("orders", {"_id": shop.paid}))["history"]
    history[-1]["at"] -= ago
    if ago:
        await shop.change("orders", {"_id": shop.paid}, {"$set": {"history": history}})


Corruption = Callable[[Shop], Awaitable[Found]]
CORRUPTIONS: list[Corruption] = []


def corruption(function: Corruption) -> Corruption:
    """Collect a way to tamper; it returns what must be found."""
    CORRUPTIONS.append(function)
    return function


# what is told in the shop, too


@corruption
async def _an_order_was_to_be_told_in_the_shop_and_was_not(shop: Shop) -> Found:
    mail = await shop.one("emails", {"kind": "order_placed"})
    await shop.change("emails", {"_id": mail["_id"]}, {"$set": {"owner": "u:1", "in_app": True}})
    await shop.age("emails", {"_id": mail["_id"]}, "created_at", 62)
    return {("telling", f"emails/{mail['_id']}")}


@corruption
async def _an_order_is_said_to_be_told_in_the_shop_and_was_not(shop: Shop) -> Found:
    mail = await shop.one("emails", {"kind": "order_placed"})
    await shop.change("emails", {"_id": mail["_id"]}, {"$set": {"owner": "u:1"}, "$unset": {"in_app": 1}})
    return {("telling", f"emails/{mail['_id']}")}


# alerts


@corruption
async def _the_mail_of_an_alert_is_missing(shop: Shop) -> Found:
    mail = await shop.one("emails", {"kind": "low_stock"})
    await shop.delete("emails", {"_id": mail["_id"]})
    return {("telling", f"crossings/{mail['crossing']}")}


@corruption
async def _the_mail_to_a_seller_is_missing(shop: Shop) -> Found:
    mail = await shop.one("emails", {"kind": "low_stock_seller"})
    await shop.delete("emails", {"_id": mail["_id"]})
    return {("telling", f"crossings/{mail['crossing']}")}


@corruption
async def _the_crossing_that_sold_out_is_missing_with_all_that_came_of_it(shop: Shop) -> Found:
    crossing = await crossing_of(shop, 0)
    movement = await shop.one("inventory_logs", {"product_id": await pot_of(shop)}, last=True)
    await forget(shop, crossing)
    return {("telling", f"inventory_logs/{movement['_id']}")}


@corruption
async def _the_first_crossing_of_an_arming_is_missing_with_all_that_came_of_it(shop: Shop) -> Found:
    await forget(shop, await crossing_of(shop, 3))
    return {("telling", f"crossings/{await crossing_of(shop, 2)}")}


@corruption
async def _a_crossing_is_of_no_movement(shop: Shop) -> Found:
    crossing = await shop.one("crossings", {"_id": await crossing_of(shop, 2)})
    key = f"{crossing['product_id']}:77"
    await shop.insert("crossings", crossing | {"_id": key, "version": 77, "told": 0, "mailed": 0})
    return {("telling", f"crossings/{key}")}


@corruption
async def _a_crossing_is_of_a_movement_that_takes_nothing(shop: Shop) -> Found:
    crossing = await shop.one("crossings", {"_id": await crossing_of(shop, 2)})
    key = f"{crossing['product_id']}:1"
    await shop.insert("crossings", crossing | {"_id": key, "version": 1, "told": 0, "mailed": 0})
    return {("telling", f"crossings/{key}")}


@corruption
async def _a_crossing_tells_of_another_level(shop: Shop) -> Found:
    crossing = await crossing_of(shop, 2)
    await shop.change("crossings", {"_id": crossing}, {"$set": {"available": 1}})
    return {("telling", f"crossings/{crossing}")}


@corruption
async def _a_crossing_is_above_its_threshold(shop: Shop) -> Found:
    crossing = await crossing_of(shop, 3)
    await shop.change("crossings", {"_id": crossing}, {"$set": {"threshold": 2}})
    return {("telling", f"crossings/{crossing}")}


@corruption
async def _a_crossing_is_under_another_key(shop: Shop) -> Found:
    crossing = await shop.one("crossings", {"_id": await crossing_of(shop, 2)})
    await shop.insert("crossings", crossing | {"_id": "again", "told": 0, "mailed": 0})
    return {("telling", "crossings/again")}


# confirmations


@corruption
async def _a_confirmation_goes_elsewhere(shop: Shop) -> Found:
    await shop.change("emails", letter(shop), {"$set": {"to": "mallory@example.org"}})
    return {("telling", f"emails/order_placed:{shop.paid}")}


@corruption
async def _a_confirmation_names_somebody_whom_its_order_does_not(shop: Shop) -> Found:
    await shop.change("orders", {"_id": shop.paid}, {"$set": {"email": None}})
    return {("telling", f"emails/order_placed:{shop.paid}")}


@corruption
async def _a_confirmation_was_blanked_though_its_order_has_an_address(shop: Shop) -> Found:
    await shop.change("emails", letter(shop), {"$set": {"to": "", "state": "unsent"}})
    return {("telling", f"emails/order_placed:{shop.paid}")}


@corruption
async def _a_mail_without_an_address_is_waiting(shop: Shop) -> Found:
    await shop.change("orders", {"_id": shop.paid}, {"$set": {"email": None}})
    await shop.change("emails", letter(shop), {"$set": {"to": "", "state": "pending"}})
    return {("telling", f"emails/order_placed:{shop.paid}")}


# payments and orders


@corruption
async def _the_payment_of_an_order_that_stands_was_voided(shop: Shop) -> Found:
    return await pay(shop, state="voided", captured=0)


@corruption
async def _the_payment_of_an_order_that_stands_was_refunded(shop: Shop) -> Found:
    return await pay(shop, state="refunded", refunded=3 * PRICE)


@corruption
async def _a_paid_order_is_in_another_currency(shop: Shop) -> Found:
    return await alter(shop, shop.paid, currency="CHF")


@corruption
async def _an_order_is_in_no_currency(shop: Shop) -> Found:
    return await alter(shop, shop.plain, currency="")


# what an order says of itself


@corruption
async def _an_order_has_no_history(shop: Shop) -> Found:
    return await alter(shop, shop.plain, history=[])


@corruption
async def _a_history_ends_elsewhere(shop: Shop) -> Found:
    history = (await shop.one("orders", {"_id": shop.plain}))["history"]
    return await alter(shop, shop.plain, history=[*history, history[-1] | {"status": "shipped"}])


@corruption
async def _a_part_is_elsewhere_than_its_history(shop: Shop) -> Found:
    part = (await shop.one("orders", {"_id": shop.plain}))["fulfilments"][0]
    return await alter(shop, shop.plain, status="shipped", fulfilments=[part | {"status": "shipped"}])


@corruption
async def _a_status_does_not_follow_from_the_parts(shop: Shop) -> Found:
    return await alter(shop, shop.plain, status="delivered")


@corruption
async def _a_seller_has_no_fulfilment(shop: Shop) -> Found:
    return await alter(shop, shop.plain, fulfilments=[])


@corruption
async def _a_fulfilment_is_of_another_seller(shop: Shop) -> Found:
    part = (await shop.one("orders", {"_id": shop.plain}))["fulfilments"][0]
    return await alter(shop, shop.plain, fulfilments=[part, part | {"seller_id": ObjectId()}])


@corruption
async def _a_seller_has_two_fulfilments(shop: Shop) -> Found:
    part = (await shop.one("orders", {"_id": shop.plain}))["fulfilments"][0]
    return await alter(shop, shop.plain, fulfilments=[part, part])


# rules


@pytest.mark.parametrize("tamper", CORRUPTIONS, ids=lambda tamper: tamper.__name__.strip("_"))
async def test_a_contradiction_is_found_and_named(driver: Driver, shop: Shop, tamper: Corruption) -> None:
    """Each corruption is found by the right check, naming the right document, and nothing else is."""
    expected = await tamper(shop)
    assert found(await audit(driver, shop.database)) == expected


async def test_a_shop_that_sold_out_is_clean(driver: Driver, shop: Shop) -> None:
    """Everybody was told, and those with an address by mail: Ann, and the seller; Bob left none."""
    assert found(await audit(driver, shop.database)) == set()
    pots = shop.database["crossings"].find({"product_id": await pot_of(shop)}).sort("version", 1)
    told = [(each["available"], each["told"], each["mailed"]) async for each in pots]
    assert told == [(3, 1, 1), (2, 1, 1), (0, 1, 0)]


async def test_a_crossing_that_waits_for_its_worker_is_no_finding(driver: Driver, shop: Shop) -> None:
    """Before it is told, and half told: only what says that it is done must be complete."""
    crossing = await crossing_of(shop, 3)
    await shop.change("crossings", {"_id": crossing}, {"$set": {"state": "due", "told": 0, "mailed": 0}})
    assert found(await audit(driver, shop.database)) == set()
    await shop.delete("emails", {"crossing": crossing})
    assert found(await audit(driver, shop.database)) == set()


async def test_a_crossing_of_an_earlier_version_says_nothing_of_mails(driver: Driver, shop: Shop) -> None:
    """It was told before mails were counted."""
    await shop.database["crossings"].update_many({}, {"$unset": {"mailed": 1}})
    assert found(await audit(driver, shop.database)) == set()


async def test_a_shop_that_sells_out_all_the_time_gives_no_false_alarm(driver: Driver, shop: Shop) -> None:
    """Whatever the alert worker is doing while a snapshot is taken, what it has done so far agrees."""
    pot, stop = str(await pot_of(shop)), asyncio.Event()
    database, results = shop.database, []

    async def sell() -> None:
        while not stop.is_set():
            await ask.submit(Restock(pot, 9, "seller", ""))
            for units in (6, 9):
                await ask.submit(SetLine(DAN, pot, units))
            await ask.submit(ClearCart(DAN))
            await ask.submit(Adjust(pot, None, -9, "seller", "broken"))

    async def tell() -> None:
        while not stop.is_set():
            await Alerter(Alerts(database)).step()

    async with ledger(driver, database, timedelta(minutes=10)) as ask:
        tasks = [asyncio.create_task(each()) for each in (sell, tell)]
        while await database["crossings"].count_documents({"state": "done"}) < 30:
            results.append(found(await audit(driver, database)))
        stop.set()
        await asyncio.gather(*tasks)
    assert results == [set()] * len(results)
    assert results


@pytest.mark.parametrize("threshold", [0, 2, 40])
async def test_a_threshold_may_change(driver: Driver, shop: Shop, threshold: int) -> None:
    """What was told under the one before stays right."""
    await shop.change("products", {"_id": await pot_of(shop)}, {"$set": {"threshold": threshold}})
    assert found(await audit(driver, shop.database)) == set()


async def test_a_product_that_is_never_low_has_no_crossings(driver: Driver, shop: Shop) -> None:
    """Another program may have written a threshold below nothing."""
    pot = await pot_of(shop)
    await shop.change("products", {"_id": pot}, {"$set": {"threshold": -1}})
    for left in (3, 2, 0):
        await forget(shop, await crossing_of(shop, left))
    assert found(await audit(driver, shop.database)) == set()


@pytest.mark.parametrize("state", ["unsent", "dead", "sent"])
async def test_a_mail_that_did_not_go_out_was_told_all_the_same(driver: Driver, shop: Shop, state: str) -> None:
    """That a mail server is missing or refuses is shown elsewhere."""
    await shop.database["emails"].update_many({}, {"$set": {"state": state}})
    assert found(await audit(driver, shop.database)) == set()


ERASED: Document = {"email": "", "role": "buyer", "password": ""}


async def erase(shop: Shop, *, deleted: bool) -> None:
    """Take the address from a mail, as the first step of erasing its buyer."""
    buyer = await shop.insert("users", ERASED)
    await shop.change("orders", {"_id": shop.paid}, {"$set": {"buyer_id": buyer}})
    if deleted:
        await shop.age("users", {"_id": buyer}, "deleted_at", 1)
    await shop.change("emails", letter(shop), {"$set": {"to": "", "state": "unsent"}})


async def test_an_erased_buyer_leaves_a_clean_shop(driver: Driver, shop: Shop) -> None:
    """Mails are blanked first, orders after them, and content of notifications goes, too; at each step all is well."""
    await erase(shop, deleted=True)
    assert found(await audit(driver, shop.database)) == set()
    await shop.change("orders", {"_id": shop.paid}, {"$set": {"email": None, "address": {}}})
    await shop.change("orders", {"_id": shop.paid}, {"$set": {"address": None}})
    assert found(await audit(driver, shop.database)) == set()
    await shop.database["notifications"].update_many({}, {"$set": {"data": {}, "seen": True}})
    alerts = {"_id": {"$regex": "^low_stock:"}}
    await shop.database["emails"].update_many(alerts, {"$set": {"to": "", "data": {}, "state": "unsent"}})
    assert found(await audit(driver, shop.database)) == set()


async def test_a_mail_is_not_blanked_while_its_buyer_is_there(driver: Driver, shop: Shop) -> None:
    """Only a deletion takes addresses away."""
    await erase(shop, deleted=False)
    assert found(await audit(driver, shop.database)) == {("telling", f"emails/order_placed:{shop.paid}")}


RETURNED = {"state": "refunded", "refunded": 3 * PRICE}


@pytest.mark.parametrize(
    ("payment", "ago", "right"),
    [
        ({}, timedelta(0), True),  # the refund has its time
        ({}, LATE, False),
        ({"refunded": 3 * PRICE - 1}, LATE, False),
        (RETURNED, LATE, True),
        ({"state": "voided", "captured": 0}, LATE, True),
        ({"state": "authorised", "captured": 0}, LATE, True),  # which is judged by its own age
    ],
)
async def test_nothing_is_kept_of_a_cancelled_order(
    driver: Driver, shop: Shop, payment: Document, ago: timedelta, *, right: bool
) -> None:
    """What was captured goes back within a minute."""
    await cancel(driver, shop, ago=ago)
    if payment:
        await shop.change("payments", {}, {"$set": payment})
    kept = {("payments", f"payments/{(await shop.one('payments', {}))['_id']}")}
    assert found(await audit(driver, shop.database)) == (set() if right else kept)


@pytest.mark.parametrize(("refunded", "right"), [(0, False), (PRICE, True), (3 * PRICE, True)])
async def test_money_of_a_refunded_order_went_back(driver: Driver, shop: Shop, refunded: int, *, right: bool) -> None:
    """All or some of it; an order is not called refunded where nothing was."""
    order = await shop.one("orders", {"_id": shop.paid})
    step = order["history"][-1]
    returned = step | {"status": "refunded", "at": step["at"] - LATE}
    parts = [part | {"status": "refunded"} for part in order["fulfilments"]]
    await alter(shop, shop.paid, status="refunded", fulfilments=parts, history=[step, returned])
    if refunded:
        refund = {"id": ObjectId(), "amount": refunded, "at": step["at"], "actor": "", "reason": "", "units": []}
        await alter(shop, shop.paid, refunds=[refund])
        await pay(shop, refunded=refunded)
    payment = {("payments", f"payments/{(await shop.one('payments', {}))['_id']}")}
    assert found(await audit(driver, shop.database)) == (set() if right else payment)


ANY_TYPE: dict[str, tuple[str, ...]] = {
    "orders": ("email", "currency", "history", "history.0", "fulfilments", "fulfilments.0", "buyer_id"),
    "payments": ("state", "captured", "refunded"),
    "emails": ("to", "crossing"),
    "crossings": ("product_id", "version", "available", "threshold", "mailed", "arming", "seller_id"),
    "inventory_logs": ("version", "product_id", "new_stock", "old_held"),
    "products": ("threshold",),
    "users": ("deleted_at",),
}


@pytest.mark.parametrize("value", ["text", -1.5, None, [], [None, "x"], {"a": 1}, True], ids=str)
async def test_no_type_of_a_field_stops_the_audit(driver: Driver, shop: Shop, value: Any) -> None:
    """Whatever somebody wrote into a field, the audit goes on."""
    queries: dict[str, Document] = {
        "orders": {"_id": shop.paid},
        "emails": letter(shop),
        "inventory_logs": {"product_id": await pot_of(shop)},
        "products": {"_id": await pot_of(shop)},
    }
    for collection, fields in ANY_TYPE.items():
        before = await shop.one(collection, queries.get(collection, {}), last=True)
        for field in fields:
            await shop.database[collection].update_one(
                {"_id": before["_id"]}, {"$set": {field: value}}, bypass_document_validation=True
            )
            await audit(driver, shop.database)
            await shop.database[collection].replace_one({"_id": before["_id"]}, before)
    assert found(await audit(driver, shop.database)) == set()
