"""Low-stock alerts on a real database: one per cart and arming, wherever the worker is killed."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import running_ledger
from ivorycart.alerts import Alerter
from ivorycart.ledger import Ledger
from models.alert import Recipient
from models.commands import ClearCart, Restock, SetEmail, SetLine
from models.identity import OwnerId
from models.stock import Crossing
from mongo import alerts as module
from mongo.alerts import Alerts
from mongo.driver import Database, Driver
from mongo.notifications import Notifications
from mongo.schema import FILLED
from mongo.users import Users
from tests.mongo.shop import SELLER, add_product, ask, both_drivers, buyer, check_books

GUEST = OwnerId("s:guest")


async def alert(database: Database, book: Any = None) -> None:
    """Let the worker do all there is to do."""
    while await Alerter(book or Alerts(database)).step():
        pass


async def told(database: Database, arming: int | None = None) -> Counter[str]:
    """Count the alerts of each cart, the seller's left out."""
    pattern = "^low_stock:[0-9a-f]{24}:" + (r"\d+" if arming is None else str(arming)) + ":cart:"
    rows = await database["notifications"].find({"key": {"$regex": pattern}}).to_list(None)
    return Counter(row["to"] for row in rows)


async def mails(database: Database) -> list[str]:
    """Return where the mails to carts go."""
    return sorted([row["to"] async for row in database["emails"].find({"kind": "low_stock"})])


async def set_each(ledger: Ledger, tea: str, owners: list[OwnerId], quantity: int = 1) -> None:
    """Put units into each cart, one command after the other."""
    for answer in await ask(ledger, *(SetLine(each, tea, quantity) for each in owners)):
        assert not isinstance(answer, Exception), answer


async def test_each_of_two_hundred_carts_gets_one_alert_per_arming(driver: Driver, database: Database):
    """Stock falls from five to none with pauses, is restocked, falls again; who causes it is told by others."""
    carts, takers = [buyer(each) for each in range(200)], [buyer(1000 + each) for each in range(5)]
    tea = await add_product(database, 210)
    async with running_ledger(driver, database) as ledger:
        await set_each(ledger, tea, carts)
        await set_each(ledger, tea, [buyer(999)], 5)  # five are left
        for taker in takers:
            await set_each(ledger, tea, [taker])
            await alert(database)
        first = await told(database)
        assert first == dict.fromkeys([*carts, buyer(999), *takers[:-1]], 1)
        # Those who caused a crossing are told by the next one; the last has nobody after it.
        await ledger.submit(Restock(tea, 5, "seller", ""))
        await alert(database)
        assert await told(database) == first
        for quantity in (2, 3, 4, 5, 6):
            await set_each(ledger, tea, [takers[0]], quantity)
            await alert(database)
    assert await told(database, arming=0) == first
    again = await told(database, arming=1)
    assert again == dict.fromkeys([*carts, buyer(999), *takers[1:]], 1)
    assert await database["crossings"].count_documents({"state": {"$ne": "done"}}) == 0
    await check_books(database)


async def test_who_caused_one_is_told_when_somebody_else_takes_the_next(driver: Driver, database: Database):
    """Once each."""
    ada, bob = buyer(1), buyer(2)
    tea = await add_product(database, 10)
    async with running_ledger(driver, database) as ledger:
        await set_each(ledger, tea, [ada, bob], 3)
        await set_each(ledger, tea, [ada], 4)  # three are left
        await alert(database)
        assert await told(database) == {bob: 1}
        await set_each(ledger, tea, [bob], 4)
        await set_each(ledger, tea, [ada], 5)
        await alert(database)
    assert await told(database) == {ada: 1, bob: 1}


async def test_who_came_after_the_crossing_is_not_told_of_it(driver: Driver, database: Database):
    """Though the worker comes later still."""
    tea = await add_product(database, 5)
    async with running_ledger(driver, database) as ledger:
        await set_each(ledger, tea, [buyer(1)], 3)
        await ledger.submit(Restock(tea, 10, "seller", ""))
        await set_each(ledger, tea, [buyer(2)])
        await alert(database)
    assert await told(database) == {}


async def test_who_left_before_the_worker_came_is_not_told(driver: Driver, database: Database):
    """An empty cart is not concerned."""
    tea = await add_product(database, 8)
    async with running_ledger(driver, database) as ledger:
        await set_each(ledger, tea, [buyer(1)])
        await set_each(ledger, tea, [buyer(2)], 5)
        await ledger.submit(ClearCart(buyer(1)))
        await alert(database)
    assert await told(database) == {}


async def test_mails_go_to_accounts_and_to_the_addresses_that_guests_left(driver: Driver, database: Database):
    """An account's own address is the one that counts; without any there is no mail, but a notification."""
    user_id = await Users(database).add(email="ada@shop.test", name="Ada", role="buyer", password="x", activated=True)
    ada, gone = OwnerId(f"u:{user_id}"), OwnerId(f"u:{'0' * 24}")
    tea = await add_product(database, 10)
    await database["users"].insert_one({"_id": SELLER, "email": "sue@shop.test", "role": "seller", "password": "x"})
    async with running_ledger(driver, database) as ledger:
        for owner, email in (
            (ada, "old@shop.test"),
            (GUEST, "guest@shop.test"),
            (OwnerId("s:shy"), None),
            (gone, None),
        ):
            await set_each(ledger, tea, [owner])
            await ledger.submit(SetEmail(owner, email))
        await set_each(ledger, tea, [buyer(1)], 3)
        await alert(database)
    assert await told(database) == dict.fromkeys([ada, GUEST, OwnerId("s:shy"), gone], 1)
    assert await mails(database) == ["ada@shop.test", "guest@shop.test"]
    seller = await database["emails"].find({"kind": "low_stock_seller"}).to_list(None)
    assert [each["to"] for each in seller] == ["sue@shop.test"]


async def test_an_address_that_many_carts_name_is_written_to_once_an_hour(driver: Driver, database: Database):
    """Anybody could name anybody's, and let a product fall again and again: the carts are told, one mail goes out."""
    user_id = await Users(database).add(email="ada@shop.test", name="Ada", role="buyer", password="x", activated=True)
    ada, guests, taker = OwnerId(f"u:{user_id}"), [OwnerId(f"s:guest{each}") for each in range(5)], buyer(9)
    tea = await add_product(database, 20)
    async with running_ledger(driver, database) as ledger:
        await set_each(ledger, tea, [*guests, ada])
        for each in guests:
            await ledger.submit(SetEmail(each, "victim@shop.test"))
        for _ in range(3):
            await set_each(ledger, tea, [taker], 11)  # three are left
            await alert(database)
            await set_each(ledger, tea, [taker], 10)
    assert await told(database) == dict.fromkeys([*guests, ada], 3)
    crossings = await database["crossings"].find().to_list(None)
    hours = {f"{each['timestamp']:%Y%m%dT%H}" for each in crossings}
    assert Counter(await mails(database)) == {"victim@shop.test": len(hours), "ada@shop.test": 3}
    sent = await database["emails"].find({"to": "victim@shop.test"}).to_list(None)
    assert {each["once"].split(":")[2] for each in sent} == hours
    await check_books(database)


class Killed(BaseException):
    """The process died here."""


class Dying:
    """A book that dies before or after its n-th call."""

    def __init__(self, book: Alerts, at: int, *, after: bool) -> None:
        self._book, self._left, self._after = book, at, after
        self.lived = True

    def _count(self) -> bool:
        self._left -= 1
        return self._left == 0

    def _die(self) -> None:
        self.lived = False
        raise Killed

    def __getattr__(self, name: str) -> Any:
        """Wrap each call."""
        if name == "holders":
            return self._holders

        async def call(*arguments: Any) -> Any:
            now = self._count()
            if now and not self._after:
                self._die()
            answer = await getattr(self._book, name)(*arguments)
            if now:
                self._die()
            return answer

        return call

    async def _holders(self, crossing: Crossing) -> Any:
        async for portion in self._book.holders(crossing):
            if self._count():
                self._die()
            yield portion


@pytest.mark.parametrize("after", [False, True])
async def test_a_worker_killed_anywhere_tells_everyone_once(
    driver: Driver, database: Database, monkeypatch: pytest.MonkeyPatch, *, after: bool
):
    """Killed at its first call, its second … until it lives through; then a healthy one comes."""
    monkeypatch.setattr(module, "PORTION", 2)
    carts = [buyer(each) for each in range(5)]
    tea = await add_product(database, 9)
    async with running_ledger(driver, database) as ledger:
        await set_each(ledger, tea, carts)
        for each in carts:
            await ledger.submit(SetEmail(each, f"{each[2:]}@shop.test"))
        await set_each(ledger, tea, [buyer(9)])
        await set_each(ledger, tea, [buyer(9)], 2)
    for at in range(1, 100):
        dying = Dying(Alerts(database), at, after=after)
        try:
            await alert(database, dying)
        except Killed:
            # As if this step had been the first: what it left undone is due, and its crossing is told again.
            await database["crossings"].update_many({}, {"$set": {"state": "due"}})
        if dying.lived:
            break
    assert at > 5
    assert await told(database) == dict.fromkeys(carts, 1)
    assert len(await mails(database)) == 5
    crossings = await database["crossings"].find().sort("version").to_list(None)
    assert [(each["state"], each["told"]) for each in crossings] == [("done", 6), ("done", 0)]


async def test_two_workers_at_once_tell_everyone_once(driver: Driver, database: Database):
    """A lease may change hands in the middle."""
    carts = [buyer(each) for each in range(30)]
    tea = await add_product(database, 33)
    async with running_ledger(driver, database) as ledger:
        await set_each(ledger, tea, carts)
        await set_each(ledger, tea, [buyer(99)])
    await asyncio.gather(*(alert(database) for _ in range(4)))
    # The thirtieth cart left three, and is told by the one after it.
    assert await told(database) == dict.fromkeys(carts, 1)


async def test_there_may_be_more_carts_than_are_read_at_once(driver: Driver, database: Database):
    """Each portion goes on where the last one ended, and the causer is in none of them."""
    number = module.PORTION + 30
    tea = ObjectId()
    line = {"product_id": tea, "quantity": 1, "since": 1}
    cart = {"revision": 1, "currency": "EUR", "expires_at": None, "extended": False, "email": None, "expired": []}
    await database["carts"].insert_many([{"_id": f"s:{each:05}", "lines": [line], **cart} for each in range(number)])
    crossing = Crossing(str(tea), 5, 0, 3, 3, "Tea", str(SELLER), "s:00007", None)  # type: ignore[arg-type]
    portions = [portion async for portion in Alerts(database).holders(crossing)]
    assert [len(each) for each in portions] == [module.PORTION, 29]
    owners = [each.owner for portion in portions for each in portion]
    assert len(set(owners)) == number - 1
    assert "s:00007" not in owners


async def test_odd_carts_and_owners_do_not_stop_the_worker(database: Database):
    """A cart that another program wrote without an address, an owner whose id is none of ours."""
    tea = ObjectId()
    line = {"product_id": tea, "quantity": 1, "since": 1}
    await database["carts"].insert_one({"_id": "u:somebody", "revision": 1, "lines": [line], "currency": "EUR"})
    crossing = Crossing(str(tea), 5, 0, 3, 3, "Tea", str(SELLER), "x", None)  # type: ignore[arg-type]
    portions = [portion async for portion in Alerts(database).holders(crossing)]
    assert portions == [[Recipient(OwnerId("u:somebody"), None)]]


async def notify(database: Database, to: str, number: int, *, seen: bool = False) -> None:
    """Store a notification; their times go up with their numbers."""
    at = ObjectId.from_datetime((await database.command("hello"))["localTime"]).generation_time
    document = {"key": f"{to}{number}", "to": to, "kind": "low_stock", "data": {"number": number}, "seen": seen}
    await database["notifications"].insert_one({**document, "at": at.replace(microsecond=number * 1000)})


@both_drivers
async def test_the_unseen_are_the_owners_own_the_last_hundred_and_in_order(driver: Driver, database: Database):
    """Marking marks one's own only; many owners are asked for at once."""
    book = Notifications(driver, database)
    for number in range(103):
        await notify(database, GUEST, number)
    await notify(database, "s:other", 1)
    await notify(database, "s:done", 1, seen=True)
    unseen = (await book.unseen_of([GUEST]))[GUEST]
    assert [each.data["number"] for each in unseen] == list(range(3, 103))
    both = await book.unseen_of([GUEST, OwnerId("s:other"), OwnerId("s:done")])
    assert {owner: len(found) for owner, found in both.items()} == {GUEST: 100, "s:other": 1}
    assert both[GUEST] == unseen
    assert set(await book.owners_with_unseen()) == {GUEST, "s:other"}
    assert await book.mark_seen(OwnerId("s:other"), [unseen[0].id]) == 1
    assert await book.mark_seen(GUEST, [each.id for each in unseen]) == 3
    assert await book.mark_seen(GUEST, []) == 3


@pytest.mark.parametrize(
    ("collection", "query", "order"),
    [
        ("notifications", {"to": GUEST, "seen": False}, {"at": -1}),
        ("notifications", {"crossing": "x:1"}, {}),
        ("crossings", {"state": "due"}, {"timestamp": 1}),
        ("carts", {"lines.product_id": SELLER, "lines": {"$elemMatch": {"product_id": SELLER}}, **FILLED}, {}),
    ],
)
async def test_no_question_reads_a_whole_collection(database: Database, collection: str, query: Any, order: Any):
    """Each has its index."""
    plan = await database.command("explain", {"find": collection, "filter": query, "sort": order})
    winning = str(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in winning
    assert "COLLSCAN" not in winning
