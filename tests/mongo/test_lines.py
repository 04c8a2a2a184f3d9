"""Lines in a real database: fair and exact, whoever asks at once, whatever comes back, and whoever is killed."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import running_ledger
from ivorycart.expiry import Sweeper
from ivorycart.ledger import Ledger
from ivorycart.offering import Offerer
from models.commands import (
    BringPlaces,
    CancelOrder,
    ClearCart,
    ExpireCart,
    JoinLine,
    LeaveLine,
    OfferNext,
    Restock,
    SetLine,
    TakeOffer,
)
from models.errors import InsufficientStock, NotFound
from models.identity import OwnerId, owner_of_offer
from models.outcomes import Offered
from mongo.audit import audit
from mongo.carts import Carts
from mongo.driver import Database, Document, Driver
from mongo.notifications import Notifications
from mongo.waiting import Lines, look
from tests.mongo.shop import ANNA, add_product, ask, both_drivers, buyer, check_books, order
from tests.movers import AN_ADMIN

WAITING, UNITS = 1000, 100


async def standing(book: Notifications, owner: OwnerId) -> list[bool]:
    """Say of each offer that an owner has not seen whether it still stands."""
    return [each.open for each in (await book.unseen_of([owner])).get(owner, [])]


def waiter(number: int) -> OwnerId:
    """Name one of many who wait."""
    return OwnerId(f"u:w{number}")


async def line_of(database: Database, product_id: str) -> list[Document]:
    """Return a line, in its order."""
    found = database["waiting"].find({"product_id": ObjectId(product_id)})
    rows: list[Document] = await found.sort("place", 1).to_list(None)
    return rows


async def states(database: Database, product_id: str) -> list[str]:
    """Return what has become of each place."""
    return [row["state"] for row in await line_of(database, product_id)]


async def assert_sound(driver: Driver, database: Database) -> None:
    """Assert that the books balance and the audit finds nothing."""
    await check_books(database)
    assert (await audit(driver, database)).findings == ()


async def stocked(driver: Driver, database: Database, ledger: Ledger, stock: int, **fields: Any) -> str:
    """Put a product on the shelf, its stock a movement."""
    product_id = await add_product(database, 0, **fields)
    if stock:
        await ledger.submit(Restock(product_id, stock, "seller", ""))
    return product_id


async def run_out(database: Database, query: Document) -> None:
    """Let holds end now, by the database's clock."""
    ended = {"$dateSubtract": {"startDate": "$$NOW", "unit": "millisecond", "amount": 1}}
    await database["carts"].update_many({"expires_at": {"$ne": None}, **query}, [{"$set": {"expires_at": ended}}])


async def end_offers(driver: Driver, database: Database, ledger: Ledger) -> None:
    """Let all open offers run out, and the sweeper come by."""
    ended = {"$dateSubtract": {"startDate": "$$NOW", "unit": "millisecond", "amount": 1}}
    await run_out(database, {"_id": {"$regex": "^o:"}})
    await database["waiting"].update_many({"state": "offered"}, [{"$set": {"offer_expires_at": ended}}])
    await Sweeper(Carts(driver, database), ledger).step()


async def fill(ledgers: Sequence[Ledger], product_id: str, number: int) -> None:
    """Have many join at once, by several processes."""
    joined = [ledgers[each % len(ledgers)].submit(JoinLine(product_id, waiter(each))) for each in range(number)]
    await asyncio.gather(*joined)


@both_drivers
async def test_places_are_given_in_the_order_of_the_commits(driver: Driver, database: Database):
    """By two processes at once: 1..n, each once, and each person's answer is their place."""
    async with running_ledger(driver, database) as one, running_ledger(driver, database, "p2") as two:
        tea = await stocked(driver, database, one, 0)
        answers = await asyncio.gather(
            *(each.submit(JoinLine(tea, waiter(number))) for number in range(100) for each in (one, two))
        )
    rows = await line_of(database, tea)
    assert [row["place"] for row in rows] == list(range(1, 101))
    assert {(each.waiters[0].owner, each.waiters[0].place) for each in answers} == {
        (row["owner"], row["place"]) for row in rows
    }
    await assert_sound(driver, database)


async def test_the_first_hundred_of_a_thousand_are_offered_what_comes_back(driver: Driver, database: Database):
    """Units come back in random portions, in every way, by two processes; others try for them all the while.

    Exactly the first hundred are offered one each, in the order of the line, and nobody else gets any.
    """
    dice = random.Random(5)
    async with running_ledger(driver, database) as one, running_ledger(driver, database, "p2") as two:
        ledgers, lines, carts = (one, two), Lines(driver, database), Carts(driver, database)
        tea = await stocked(driver, database, one, 75)
        ways = await _held_in_every_way(one, tea)
        await fill(ledgers, tea, WAITING)
        done = asyncio.Event()
        hammering = [asyncio.create_task(_hammer(ledgers[each % 2], tea, each, done)) for each in range(8)]
        workers = [asyncio.create_task(_work(Offerer(lines, each), done)) for each in ledgers]
        sweepers = [asyncio.create_task(_work(Sweeper(carts, each), done)) for each in ledgers]
        dice.shuffle(ways)
        while ways:
            portion = [ways.pop() for _ in range(min(len(ways), dice.randint(1, 9)))]
            await asyncio.gather(*(_bring_back(dice.choice(ledgers), database, each) for each in portion))
        while (await states(database, tea)).count("offered") < UNITS:
            await asyncio.sleep(0.05)
        done.set()
        got = await asyncio.gather(*hammering)
        await asyncio.gather(*workers, *sweepers)
    assert sum(got) == 0, "nobody was quicker than the line"
    rows = await line_of(database, tea)
    assert [row["state"] for row in rows] == ["offered"] * UNITS + ["waiting"] * (WAITING - UNITS)
    assert len({row["owner"] for row in rows[:UNITS]}) == UNITS
    told = Counter([row["to"] async for row in database["notifications"].find({"kind": "back_in_stock"})])
    assert told == {row["owner"]: 1 for row in rows[:UNITS]}
    assert await _offers_made(database, tea) == [row["_id"] for row in rows[:UNITS]]
    await assert_sound(driver, database)


async def _held_in_every_way(ledger: Ledger, tea: str) -> list[tuple[str, Any]]:
    """Hold or sell all there is; return a hundred ways in which one unit comes back."""
    holders = [buyer(number) for number in range(75)]
    await ask(ledger, *(SetLine(each, tea, 1) for each in holders))
    placed = await ask(ledger, *(order(each, email=None) for each in holders[:25]))
    ways: list[tuple[str, Any]] = [("cancel", each.order.id) for each in placed]
    ways += [("release", each) for each in holders[25:50]]
    ways += [("expire", each) for each in holders[50:]]
    return ways + [("restock", tea)] * 25


async def _bring_back(ledger: Ledger, database: Database, way: tuple[str, Any]) -> None:
    match way:
        case ("cancel", order_id):
            await ledger.submit(CancelOrder(order_id, AN_ADMIN, "why"))
        case ("release", owner):
            await ledger.submit(ClearCart(owner))
        case ("expire", owner):
            await run_out(database, {"_id": owner})
        case ("restock", product_id):
            await ledger.submit(Restock(product_id, 1, "seller", ""))


async def _hammer(ledger: Ledger, tea: str, number: int, done: asyncio.Event) -> int:
    """Try to get a unit until it is over; return how many were got."""
    got = 0
    while not done.is_set():
        try:
            await ledger.submit(SetLine(OwnerId(f"s:eager{number}"), tea, 1))
            got += 1
        except InsufficientStock as refusal:
            got += refusal.details["available"]
    return got


async def _work(worker: Any, done: asyncio.Event) -> None:
    """Do a worker's steps, without a lease, until it is over."""
    while not done.is_set():
        await worker.step()
        await asyncio.sleep(0.01)


async def _offers_made(database: Database, tea: str) -> list[str]:
    """Return the places that were offered something, in the order in which their units were held."""
    moved = database["inventory_logs"].find({"product_id": ObjectId(tea), "reason": "offered"}).sort("version", 1)
    return [row["cause"].removeprefix("o:") async for row in moved]


async def test_offers_that_are_not_used_go_on_in_the_order_of_the_line(driver: Driver, database: Database):
    """Each unit goes from one to the next, until somebody takes it."""
    async with running_ledger(driver, database) as ledger:
        tea = await stocked(driver, database, ledger, 0)
        await fill([ledger], tea, 10)
        offerer = Offerer(Lines(driver, database), ledger, clock=iter(range(0, 10_000, 100)).__next__)
        await ledger.submit(Restock(tea, 2, "seller", ""))
        for turn in range(3):
            await offerer.step()
            assert (await states(database, tea))[: 2 * turn + 2] == ["lapsed"] * (2 * turn) + ["offered"] * 2
            await end_offers(driver, database, ledger)
        await offerer.step()
        rows = await line_of(database, tea)
        await asyncio.gather(*(ledger.submit(TakeOffer(tea, row["owner"])) for row in rows[6:8]))
        await offerer.step()
    assert await states(database, tea) == ["lapsed"] * 6 + ["taken"] * 2 + ["waiting"] * 2
    await assert_sound(driver, database)


async def test_one_taker_and_two_sweepers_at_once_have_one_winner(driver: Driver, database: Database):
    """An offer is taken, declined or lapses: never two of these, and its unit is in one place."""
    async with running_ledger(driver, database) as one, running_ledger(driver, database, "p2") as two:
        tea = await stocked(driver, database, one, 0)
        await fill([one, two], tea, 30)
        await one.submit(Restock(tea, 30, "seller", ""))
        await one.submit(OfferNext(tea, 50))
        rows = await line_of(database, tea)
        commands: list[Any] = []
        for row in rows:
            cart = owner_of_offer(row["_id"])
            commands += [TakeOffer(tea, row["owner"]), LeaveLine(tea, row["owner"]), ExpireCart(cart)]
        random.Random(1).shuffle(commands)
        half = len(commands) // 2
        ended = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": 15}}
        await database["carts"].update_many({"_id": {"$regex": "^o:"}}, [{"$set": {"expires_at": ended}}])
        await asyncio.gather(ask(one, *commands[:half]), ask(two, *commands[half:]))
        await Sweeper(Carts(driver, database), one).step()
    counted = Counter(await states(database, tea))
    assert counted["offered"] == 0
    product: Any = await database["products"].find_one({"_id": ObjectId(tea)})
    assert product["held"] == counted["taken"]
    await check_books(database)


class Killed(Exception):
    """The worker dies here."""


class Deadly:
    """A ledger that dies with its caller: before or after the command that is the turn's."""

    def __init__(self, ledger: Ledger, turn: int, *, after: bool) -> None:
        self.ledger, self.left, self.after = ledger, turn, after

    async def submit(self, command: Any) -> Any:
        """Carry it out, or die."""
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        answer = await self.ledger.submit(command)
        if self.left == 0:
            raise Killed
        return answer


@pytest.mark.parametrize("after", [False, True])
async def test_a_worker_that_is_killed_at_a_command_loses_nothing(driver: Driver, database: Database, *, after: bool):
    """The next one finds what is left by looking at the database; nobody is offered anything twice."""
    async with running_ledger(driver, database) as ledger:
        lines = Lines(driver, database)
        products = [await stocked(driver, database, ledger, 0) for _ in range(3)]
        for product_id in products:
            await fill([ledger], product_id, 5)
            await ledger.submit(Restock(product_id, 3, "seller", ""))
        for turn in range(1, 4):
            mortal: Any = Deadly(ledger, turn, after=after)
            try:
                await Offerer(lines, mortal).step()
            except Killed:
                continue
        await Offerer(lines, ledger).step()
    for product_id in products:
        assert await states(database, product_id) == ["offered"] * 3 + ["waiting"] * 2
    assert await database["notifications"].count_documents({"kind": "back_in_stock"}) == 9
    await assert_sound(driver, database)


async def test_two_workers_at_once_offer_each_unit_once(driver: Driver, database: Database):
    """Whoever has lost the lease and does not know it does no harm."""
    async with running_ledger(driver, database) as one, running_ledger(driver, database, "p2") as two:
        tea = await stocked(driver, database, one, 0)
        await fill([one, two], tea, 150)
        await one.submit(Restock(tea, 120, "seller", ""))
        workers = [Offerer(Lines(driver, database), each) for each in (one, two, one, two)]
        while any(await asyncio.gather(*(each.step() for each in workers))):
            pass
    assert await states(database, tea) == ["offered"] * 120 + ["waiting"] * 30
    await assert_sound(driver, database)


async def test_a_product_that_is_not_on_show_keeps_its_line(driver: Driver, database: Database):
    """It is served once it is back."""
    async with running_ledger(driver, database) as ledger:
        tea = await stocked(driver, database, ledger, 0)
        await fill([ledger], tea, 2)
        await database["products"].update_one({"_id": ObjectId(tea)}, {"$set": {"disabled": True}})
        await ledger.submit(Restock(tea, 1, "seller", ""))
        lines = Lines(driver, database)
        assert await lines.back(10) == []
        assert await ledger.submit(OfferNext(tea, 5)) == Offered((), more=False)
        await database["products"].update_one({"_id": ObjectId(tea)}, {"$set": {"disabled": False}})
        assert await lines.back(10) == [tea]
        await Offerer(lines, ledger).step()
    assert await states(database, tea) == ["offered", "waiting"]
    await assert_sound(driver, database)


@both_drivers
async def test_somebody_sees_where_they_stand(driver: Driver, database: Database):
    """How many are before them, in each line; what is offered has nobody before it."""
    async with running_ledger(driver, database) as ledger:
        tea, cup = await stocked(driver, database, ledger, 0), await stocked(driver, database, ledger, 0)
        await fill([ledger], tea, 3)
        for product_id in (tea, cup):
            await ledger.submit(JoinLine(product_id, ANNA))
        await ledger.submit(LeaveLine(tea, waiter(1)))
        await ledger.submit(Restock(cup, 1, "seller", ""))
        await ledger.submit(OfferNext(cup, 5))
        lines = Lines(driver, database)
        listed = await lines.places(ANNA)
        assert [(each.waiter.product_id, each.ahead) for each in listed] == [(tea, 2), (cup, None)]
        assert (await lines.place(listed[0].waiter), await lines.count(ANNA)) == (listed[0], 2)
        await ledger.submit(LeaveLine(tea, ANNA))
        assert await lines.count(ANNA) == 1


async def test_signing_in_moves_places_in_one_transaction(driver: Driver, database: Database):
    """The user had a worse one, which closes: the index allows one open place each."""
    guest = OwnerId("s:guest")
    async with running_ledger(driver, database) as ledger:
        tea = await stocked(driver, database, ledger, 0)
        await ledger.submit(JoinLine(tea, guest, "guest@shop.test"))
        await ledger.submit(JoinLine(tea, ANNA))
        await ledger.submit(Restock(tea, 1, "seller", ""))
        await ledger.submit(OfferNext(tea, 5))
        await ledger.submit(BringPlaces(guest, ANNA))
        assert [(row["owner"], row["state"]) for row in await line_of(database, tea)] == [
            (ANNA, "offered"),
            (ANNA, "left"),
        ]
        assert (await ledger.submit(TakeOffer(tea, ANNA))).cart.units == 1
    unseen = await database["notifications"].count_documents({"kind": "back_in_stock", "seen": False})
    assert unseen == 0
    await assert_sound(driver, database)


async def test_products_that_are_back_and_places_are_found_by_indexes(database: Database):
    """However many products and places there are."""
    await database["products"].insert_many(
        [
            {"name": "n", "price": 1, "currency": "EUR", "seller_id": ObjectId(), "stock": 5, "held": 0, "sku": str(n)}
            for n in range(300)
        ]
    )
    first: Document = {"product_id": ObjectId(), "state": "waiting"}
    for query in (
        look(50, None),
        look(50, {"waiting": 3, "_id": ObjectId()}),
        {"find": "waiting", "filter": first, "sort": {"place": 1}, "limit": 50},
        {"find": "waiting", "filter": {"owner": "u:1", "open": True}},
        {"find": "waiting", "filter": {"owner": "u:1", "product_id": ObjectId()}, "sort": {"place": -1}, "limit": 1},
        {"find": "waiting", "filter": {"product_id": {"$in": [ObjectId()]}, "owner": {"$in": ["u:1"]}, "open": True}},
    ):
        plan = await database.command({"explain": query, "verbosity": "executionStats"})
        assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"]), plan["queryPlanner"]["winningPlan"]
        assert "SORT" not in str(plan["queryPlanner"]["winningPlan"]).replace("SORT_KEY", "")
        assert plan["executionStats"]["totalDocsExamined"] == 0


async def test_whoever_did_not_hear_that_they_took_it_asks_again(driver: Driver, database: Database):
    """Their last place says so, whatever else they once waited for; nothing is taken twice."""
    async with running_ledger(driver, database) as ledger:
        tea = await stocked(driver, database, ledger, 0)
        for _ in range(2):
            await ledger.submit(JoinLine(tea, ANNA))
            await ledger.submit(LeaveLine(tea, ANNA))
        await ledger.submit(JoinLine(tea, ANNA))
        await ledger.submit(Restock(tea, 1, "seller", ""))
        await ledger.submit(OfferNext(tea, 5))
        answers = [(await ledger.submit(TakeOffer(tea, ANNA))).cart.lines for _ in range(2)]
        answers += [each.cart.lines for each in await ask(ledger, *[TakeOffer(tea, ANNA)] * 3)]
        await ledger.submit(JoinLine(tea, ANNA))
        [refused] = await ask(ledger, TakeOffer(tea, ANNA))
    assert [[line.quantity for line in lines] for lines in answers] == [[1]] * 5
    assert isinstance(refused, NotFound)
    await assert_sound(driver, database)


async def test_a_look_at_the_lines_costs_the_same_however_many_there_are(database: Database):
    """It reads no more than it was told to, and the next one goes on from there."""
    lines_with_nothing = [
        {"name": "n", "price": 1, "currency": "EUR", "seller_id": ObjectId(), "stock": 1, "held": 1, "waiting": n % 3}
        for n in range(300)
    ]
    await database["products"].insert_many(lines_with_nothing)
    for after in (None, {"waiting": 1, "_id": lines_with_nothing[100]["_id"]}):  # type: ignore[index]
        plan = await database.command({"explain": look(20, after), "verbosity": "executionStats"})
        stats = plan["executionStats"]
        assert stats["nReturned"] == 20
        assert max(stats["totalDocsExamined"], stats["totalKeysExamined"]) <= 22


@both_drivers
async def test_looks_go_through_all_lines_and_begin_anew(driver: Driver, database: Database):
    """What is back is found within one turn, wherever it stands and however many wait."""
    rows = [
        {"name": "n", "price": 1, "currency": "EUR", "seller_id": ObjectId(), "stock": 1}
        | {"waiting": 1 + n % 3, "held": n}
        for n in [min(number % 7, 1) for number in range(100)]
    ]
    await database["products"].insert_many(rows)
    lines = Lines(driver, database)
    for _ in range(2):
        found = [product_id for _ in range(12) for product_id in await lines.back(9)]
        assert len(found) == len(set(found)) == 15


class WithBuyer:
    """A ledger that gets a buyer's command as soon as the worker has asked for something."""

    def __init__(self, ledger: Ledger, product_id: str) -> None:
        self.ledger, self.product_id = ledger, product_id
        self.buying: asyncio.Task[Any] | None = None

    async def submit(self, command: Any) -> Any:
        """Carry it out, and have somebody buy."""
        asked = asyncio.ensure_future(self.ledger.submit(command))
        await asyncio.sleep(0)
        self.buying = self.buying or asyncio.create_task(self._buy())
        return await asked

    async def _buy(self) -> None:
        await asyncio.sleep(0)  # whatever the worker asks for at once is in the queue before it
        await self.ledger.submit(SetLine(ANNA, self.product_id, 1))


async def test_whoever_buys_is_not_held_up_by_lines_that_are_served(driver: Driver, database: Database):
    """Hundreds of offers are to be made, and somebody else buys: most of the offers come after."""
    async with running_ledger(driver, database) as ledger:
        cup = await stocked(driver, database, ledger, 1)
        products = [await stocked(driver, database, ledger, 0) for _ in range(40)]
        for product_id in products:
            await fill([ledger], product_id, 20)
            await ledger.submit(Restock(product_id, 20, "seller", ""))
        served: Any = WithBuyer(ledger, cup)
        serving = asyncio.create_task(Offerer(Lines(driver, database), served).step())
        while not served.buying:
            await asyncio.sleep(0)
        await served.buying
        offered = await database["waiting"].count_documents({"state": "offered"})
        await serving
    assert offered < 400
    assert await database["waiting"].count_documents({"state": "offered"}) == 800


@both_drivers
async def test_an_offer_is_unseen_and_open_until_its_place_says_otherwise(driver: Driver, database: Database):
    """Whatever a clock says; one that lapsed stays unseen, to tell what was missed."""
    async with running_ledger(driver, database) as ledger:
        tea = await stocked(driver, database, ledger, 0)
        await fill([ledger], tea, 2)
        await ledger.submit(Restock(tea, 2, "seller", ""))
        await ledger.submit(OfferNext(tea, 5))
        book = Notifications(driver, database)
        await ledger.submit(TakeOffer(tea, waiter(1)))
        assert await standing(book, waiter(0)) == [True]
        await end_offers(driver, database, ledger)
        assert await standing(book, waiter(0)) == [False]
        assert await standing(book, waiter(1)) == []
        lines = Lines(driver, database)
        await fill([ledger], await stocked(driver, database, ledger, 0), 1)
        assert await lines.who_waits([waiter(0), waiter(1), ANNA]) == {waiter(0)}
