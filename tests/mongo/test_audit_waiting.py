"""The audit finds nothing in lines that the system made, and each kind of corruption in those tampered with."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from bson import ObjectId

from models.commands import (
    BringPlaces,
    ExpireCart,
    JoinLine,
    LeaveLine,
    OfferNext,
    Restock,
    TakeOffer,
)
from models.identity import OwnerId, owner_of_offer, owner_of_user
from mongo.audit import audit
from mongo.driver import Database, Document, Driver
from tests.mongo.audited import ANN, BOB, CAT, DAN, EVE, FAY, Found, Shop, found, ledger, product

BOTH = pytest.mark.parametrize("driver", ["motor", "pymongo"], indirect=True)
UMA = owner_of_user("5e11e05e11e05e11e05e11e1")


@pytest.fixture
async def shop(driver: Driver, database: Database) -> Shop:
    """Make a shop with a line in which everything has happened, and two offers are open."""
    mug, lamp = await product(database, "mug"), await product(database, "lamp")
    made = Shop(database, mug, lamp, ObjectId(), ObjectId(), ObjectId())
    line = str(mug)
    async with ledger(driver, database, timedelta(minutes=10)) as ask:
        # 1 takes, 2 lets it lapse, 3 declines, 4 is offered and signs in, 5 leaves, 6 is offered, 7 and 8 wait
        for owner in (ANN, BOB, CAT, DAN, EVE, UMA, FAY):
            await ask.submit(JoinLine(line, owner, f"{owner[2:6]}@example.org"))
        await ask.submit(JoinLine(str(lamp), ANN, "ann@example.org"))
        await ask.submit(Restock(line, 1, "seller", ""))
        await ask.submit(OfferNext(line, 9))
        await ask.submit(TakeOffer(line, ANN))
        await ask.submit(Restock(line, 3, "seller", ""))
        await ask.submit(OfferNext(line, 9))
        await ask.submit(LeaveLine(line, EVE))
        await ask.submit(LeaveLine(line, CAT))
        await _run_out(database, owner_of_offer(f"{line}:2"))
        await ask.submit(ExpireCart(owner_of_offer(f"{line}:2")))
        await ask.submit(BringPlaces(DAN, owner_of_user("5e11e05e11e05e11e05e11e2")))
        await ask.submit(OfferNext(line, 1))
        await ask.submit(JoinLine(line, ANN, "ann@example.org"))
    return made


async def _run_out(database: Database, cart: OwnerId) -> None:
    ended = {"$dateSubtract": {"startDate": "$$NOW", "unit": "millisecond", "amount": 1}}
    await database["carts"].update_one({"_id": cart}, [{"$set": {"expires_at": ended}}])


def place(shop: Shop, number: int) -> str:
    """Return the id of a place in the line of the mug."""
    return f"{shop.mug}:{number}"


def cart_of(shop: Shop, number: int) -> OwnerId:
    """Return the cart of an offer."""
    return owner_of_offer(place(shop, number))


async def key_of(shop: Shop, number: int) -> str:
    """Return the key of the notification of an offer."""
    row = await shop.one("waiting", {"_id": place(shop, number)})
    return f"back_in_stock:{row['_id']}:{row['owner']}"


Corruption = Callable[[Shop], Awaitable[Found]]
CORRUPTIONS: list[Corruption] = []


def corruption(function: Corruption) -> Corruption:
    """Collect a way to tamper; it returns what must be found."""
    CORRUPTIONS.append(function)
    return function


@corruption
async def _a_count_was_edited(shop: Shop) -> Found:
    await shop.change("products", {"_id": shop.mug}, {"$inc": {"waiting": 1}})
    return {("waiting", f"products/{shop.mug}")}


@corruption
async def _a_place_is_missing(shop: Shop) -> Found:
    await shop.delete("waiting", {"_id": place(shop, 8)})
    return {("waiting", f"products/{shop.mug}")}


@corruption
async def _more_places_than_joined(shop: Shop) -> Found:
    await shop.change("products", {"_id": shop.mug}, {"$inc": {"joined": -1}})
    return {("waiting", f"products/{shop.mug}")}


@corruption
async def _a_line_is_of_no_product(shop: Shop) -> Found:
    gone = ObjectId()
    row = await shop.one("waiting", {"_id": place(shop, 5)})
    await shop.insert("waiting", row | {"_id": f"{gone}:5", "product_id": gone})
    return {("waiting", f"waiting/{gone}:5")}


@corruption
async def _a_place_is_there_twice(shop: Shop) -> Found:
    row = await shop.one("waiting", {"_id": place(shop, 5)})
    other = await shop.insert("waiting", row | {"_id": "another"})
    return {("waiting", f"waiting/{other}")}


@corruption
async def _somebody_has_two_places(shop: Shop) -> Found:
    await shop.database["waiting"].drop_index("one_place")
    row = await shop.one("waiting", {"_id": place(shop, 7)})
    await shop.change("waiting", {"_id": place(shop, 8)}, {"$set": {"owner": row["owner"]}})
    return {("waiting", f"waiting/{place(shop, 8)}")}


@corruption
async def _a_state_is_unknown(shop: Shop) -> Found:
    await shop.change("waiting", {"_id": place(shop, 5)}, {"$set": {"state": "asleep"}})
    return {("waiting", f"waiting/{place(shop, 5)}")}


@corruption
async def _a_closed_place_says_open(shop: Shop) -> Found:
    await shop.change("waiting", {"_id": place(shop, 5)}, {"$set": {"open": True}})
    return {("waiting", f"waiting/{place(shop, 5)}")}


@corruption
async def _somebody_was_passed_over(shop: Shop) -> Found:
    await shop.change("waiting", {"_id": place(shop, 5)}, {"$set": {"state": "waiting", "open": True}})
    await shop.change("products", {"_id": shop.mug}, {"$inc": {"waiting": 1}})
    return {("waiting", f"waiting/{place(shop, 5)}")}


@corruption
async def _a_line_is_not_served(shop: Shop) -> Found:
    lamp = {"_id": shop.lamp}
    await shop.change("products", lamp, {"$set": {"stock": 2, "version": 1}})
    level = {"old_stock": 0, "new_stock": 2, "old_held": 0, "new_held": 0, "change_type": "restock"}
    row = {"product_id": shop.lamp, "version": 1, "reason": "", "actor": "seller", "cause": "", **level}
    movement = await shop.insert("inventory_logs", row)
    await shop.age("inventory_logs", {"_id": movement}, "timestamp", 62)
    return {("waiting", f"products/{shop.lamp}")}


@corruption
async def _an_offer_has_no_cart(shop: Shop) -> Found:
    await shop.delete("carts", {"_id": cart_of(shop, 6)})
    return {("waiting", f"waiting/{place(shop, 6)}"), ("held", f"products/{shop.mug}")}


@corruption
async def _an_offer_holds_two_units(shop: Shop) -> Found:
    await shop.change("carts", {"_id": cart_of(shop, 6)}, {"$set": {"lines.0.quantity": 2}})
    return {("waiting", f"carts/{cart_of(shop, 6)}"), ("held", f"products/{shop.mug}")}


@corruption
async def _an_offer_holds_longer(shop: Shop) -> Found:
    later = {"$dateAdd": {"startDate": "$expires_at", "unit": "second", "amount": 5}}
    await shop.change("carts", {"_id": cart_of(shop, 6)}, [{"$set": {"expires_at": later}}])
    return {("waiting", f"carts/{cart_of(shop, 6)}")}


@corruption
async def _a_cart_is_of_no_offer(shop: Shop) -> Found:
    await shop.change("waiting", {"_id": place(shop, 6)}, {"$set": {"state": "lapsed", "open": False}})
    return {("waiting", f"carts/{cart_of(shop, 6)}")}


@corruption
async def _an_offer_never_ends(shop: Shop) -> Found:
    await shop.age("waiting", {"_id": place(shop, 6)}, "offer_expires_at", 62)
    await shop.age("carts", {"_id": cart_of(shop, 6)}, "expires_at", 62)
    overdue = {("waiting", f"waiting/{place(shop, 6)}"), ("expiry", f"carts/{cart_of(shop, 6)}")}
    return overdue | {("waiting", f"carts/{cart_of(shop, 6)}")}  # the two dates differ by a moment


@corruption
async def _an_offer_has_no_dates(shop: Shop) -> Found:
    await shop.change("waiting", {"_id": place(shop, 3)}, {"$set": {"state": "taken", "offer_expires_at": None}})
    return {("waiting", f"waiting/{place(shop, 3)}")}


@corruption
async def _somebody_waits_who_was_offered_something(shop: Shop) -> Found:
    await shop.change("waiting", {"_id": place(shop, 8)}, [{"$set": {"offer_expires_at": "$$NOW"}}])
    return {("waiting", f"waiting/{place(shop, 8)}")}


@corruption
async def _an_offer_was_not_told(shop: Shop) -> Found:
    await shop.delete("notifications", {"key": await key_of(shop, 6)})
    return {("waiting", f"waiting/{place(shop, 6)}")}


@corruption
async def _what_was_told_was_not_offered(shop: Shop) -> Found:
    row: Document = {"key": f"back_in_stock:{place(shop, 8)}:{ANN}", "to": ANN, "kind": "back_in_stock"}
    told = await shop.insert("notifications", row)
    return {("waiting", f"notifications/{told}")}


@corruption
async def _somebody_else_was_told(shop: Shop) -> Found:
    row = await shop.one("notifications", {"key": await key_of(shop, 6)})
    await shop.change("notifications", {"_id": row["_id"]}, {"$set": {"to": BOB}})
    return {("waiting", f"notifications/{row['_id']}")}


@corruption
async def _an_offer_was_not_mailed(shop: Shop) -> Found:
    await shop.delete("emails", {"_id": f"back_in_stock:{place(shop, 1)}"})
    return {("waiting", f"waiting/{place(shop, 1)}")}


@corruption
async def _a_mail_is_of_no_offer(shop: Shop) -> Found:
    row = await shop.one("emails", {"_id": f"back_in_stock:{place(shop, 1)}"})
    mail = await shop.insert("emails", row | {"_id": f"back_in_stock:{place(shop, 8)}"})
    return {("waiting", f"emails/{mail}")}


@corruption
async def _a_mail_goes_elsewhere(shop: Shop) -> Found:
    mail = f"back_in_stock:{place(shop, 1)}"
    await shop.change("emails", {"_id": mail}, {"$set": {"to": "mallory@example.org"}})
    return {("waiting", f"emails/{mail}")}


@BOTH
async def test_a_line_in_which_everything_has_happened_is_sound(driver: Driver, shop: Shop):
    """And the audit says that it has looked."""
    states = {row["place"]: row["state"] async for row in shop.database["waiting"].find({"product_id": shop.mug})}
    expected = ["taken", "lapsed", "left", "offered", "left", "offered", "waiting", "waiting"]
    assert [states[number] for number in sorted(states)] == expected
    result = await audit(driver, shop.database)
    assert result.findings == ()
    [check] = [each for each in result.checks if each.check == "waiting"]
    assert check.examined["waiting"] == 9


@pytest.mark.parametrize("tamper", CORRUPTIONS, ids=lambda each: each.__name__.strip("_"))
async def test_what_was_tampered_with_is_named(driver: Driver, shop: Shop, tamper: Corruption):
    """Exactly the documents concerned, by the checks concerned."""
    expected = await tamper(shop)
    assert found(await audit(driver, shop.database)) == expected


async def test_a_line_has_a_minute_to_be_served(driver: Driver, shop: Shop):
    """From when something came back, or its product on show; while it is not, nobody is offered any."""
    lamp = {"_id": shop.lamp}
    await _a_line_is_not_served(shop)
    for hidden in ({"disabled": True}, {"published": False}):
        await shop.change("products", lamp, {"$set": hidden})
        assert found(await audit(driver, shop.database)) == set()
        await shop.change("products", lamp, {"$unset": hidden})
    await shop.age("products", lamp, "updated_at", 50)
    assert found(await audit(driver, shop.database)) == set()
    await shop.age("products", lamp, "updated_at", 62)
    assert found(await audit(driver, shop.database)) == {("waiting", f"products/{shop.lamp}")}


async def test_an_erased_address_is_no_finding(driver: Driver, shop: Shop):
    """Neither of the place nor of its mail."""
    await shop.change("emails", {"_id": f"back_in_stock:{place(shop, 1)}"}, {"$set": {"to": "", "state": "unsent"}})
    assert found(await audit(driver, shop.database)) == set()
    await shop.change("waiting", {"_id": place(shop, 1)}, {"$set": {"email": None}})
    assert found(await audit(driver, shop.database)) == set()
