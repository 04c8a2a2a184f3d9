"""How well promises are kept: what is late is seen, by the database's clock."""

from datetime import timedelta

from bson import ObjectId

from mongo.audits import Audits
from mongo.driver import Database, Driver
from mongo.promise_figures import PromiseFigures
from tests.mongo.shop import both_drivers
from tests.patience import PATIENCE


async def now(database: Database):
    """Return the database's time."""
    return (await database.command("hello"))["localTime"]


@both_drivers
async def test_a_shop_without_anything_is_not_late(driver: Driver, database: Database):
    """All states are told, so that an alert has something to compare with."""
    figures = PromiseFigures(driver, database)
    assert set((await figures.lateness()).values()) == {0.0}
    payments = await figures.payments()
    assert payments["flagged"] == 0
    assert {each["count"] for each in payments["states"].values()} == {0}
    assert await figures.audit() == {}


async def test_the_latest_of_each_is_told(driver: Driver, database: Database):
    """What is not due yet, or done, is not late."""
    moment = await now(database)

    def ago(seconds: float):
        return moment - timedelta(seconds=seconds)

    line = {"product_id": ObjectId(), "quantity": 1, "since": 1}
    carts = [
        {"_id": name, "lines": [line], "revision": 1, "expires_at": ago(seconds)}
        for name, seconds in (("late", 90), ("later", 20), ("not yet", -600))
    ]
    await database["carts"].insert_many(carts)
    mails = [
        {"_id": name, "kind": "order", "to": "a@b.de", "state": state, "due": ago(seconds), "created_at": ago(9999)}
        for name, state, seconds in (("due", "pending", 70), ("again", "pending", -60), ("sent", "sent", 5000))
    ]
    await database["emails"].insert_many(mails)
    crossings = [
        {"state": state, "timestamp": ago(seconds)} for state, seconds in (("due", 50), ("due", 10), ("done", 5000))
    ]
    await database["crossings"].insert_many(crossings)
    late = await PromiseFigures(driver, database).lateness()
    for name, seconds in (("holds", 90), ("mails", 70), ("crossings", 50)):
        assert seconds <= late[name] < seconds + PATIENCE


async def test_payments_are_told_by_state_while_something_is_to_be_done(driver: Driver, database: Database):
    """One that is put off is not overdue; one that is closed is not told."""
    moment = await now(database)

    def payment(state: str, begun: float, due: float, **more: object):
        row = {"_id": ObjectId(), "provider": "sandbox", "amount": 5, "state": state, "open": True}
        times = {"created_at": moment - timedelta(seconds=begun), "due": moment - timedelta(seconds=due)}
        return {**row, **times, **more}

    rows = [
        payment("intent", 30, -15),
        payment("authorised", 200, 100, flagged=True),
        payment("authorised", 10, 5),
        payment("captured", 10, 5, open=False),
    ]
    await database["payments"].insert_many(rows)
    payments = await PromiseFigures(driver, database).payments()
    states = payments["states"]
    assert payments["flagged"] == 1
    assert {name: each["count"] for name, each in states.items() if each["count"]} == {"intent": 1, "authorised": 2}
    assert 200 <= states["authorised"]["oldest_seconds"] < 200 + PATIENCE
    assert 100 <= states["authorised"]["overdue_seconds"] < 100 + PATIENCE
    assert states["intent"]["oldest_seconds"] >= 30
    assert states["intent"]["overdue_seconds"] <= max(0.0, PATIENCE - 15)


async def test_the_last_audit_is_told_with_its_age(driver: Driver, database: Database):
    """One that could not be done says so."""
    await Audits(database).ended({"ok": False, "total": 3, "error": None})
    audit = await PromiseFigures(driver, database).audit()
    assert (audit["findings"], audit["failed"]) == (3, False)
    assert 0 <= audit["age_seconds"] < PATIENCE
    await Audits(database).ended({"ok": False, "total": 0, "error": "no answer"})
    assert (await PromiseFigures(driver, database).audit())["failed"]
