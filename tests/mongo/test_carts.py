"""Reading carts: what is overdue by the database's clock, and when the next unit comes back."""

from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from bench.shop.ledger import running_ledger
from models.cart import Cart
from models.commands import SetLine
from models.identity import OwnerId
from mongo.carts import OVERDUE, Carts
from mongo.driver import Database, Driver
from mongo.schema import FILLED
from tests.mongo.shop import ANNA, add_product, both_drivers
from tests.patience import PATIENCE

TEA, CUP = ObjectId(), ObjectId()


async def now(database: Database) -> datetime:
    """Ask the database for the time."""
    hello = await database.command("hello", codec_options=database.codec_options)
    moment: datetime = hello["localTime"]
    return moment


def a_cart(owner: str, expires_at: datetime | None, *products: ObjectId) -> dict[str, Any]:
    """Build a stored cart."""
    lines = [{"product_id": each, "quantity": 1, "since": 1} for each in products]
    rest = {"revision": 1, "currency": "EUR", "extended": False, "email": None, "expired": []}
    return {"_id": owner, "lines": lines, "expires_at": expires_at, **rest}


def stages(plan: Any) -> set[str]:
    """Name all stages of a plan."""
    if isinstance(plan, dict):
        own = {plan["stage"]} if isinstance(plan.get("stage"), str) else set()
        return own.union(*map(stages, plan.values()))
    return set().union(*map(stages, plan)) if isinstance(plan, list) else set()


@both_drivers
async def test_a_cart_is_read_as_it_was_written_and_one_that_never_was_is_empty(driver: Driver, database: Database):
    """Whoever asks first has an empty cart at revision 0."""
    tea = await add_product(database, 5)
    async with running_ledger(driver, database) as ledger:
        changed = await ledger.submit(SetLine(ANNA, tea, 2))
    carts = Carts(driver, database)
    assert await carts.get(ANNA) == changed.cart
    assert await carts.get(OwnerId("s:new")) == Cart(OwnerId("s:new"))


@both_drivers
async def test_overdue_are_those_past_their_expiry_the_oldest_first(driver: Driver, database: Database):
    """Those that hold on, and those that hold nothing, are not."""
    moment = await now(database)
    ends = {"second": -2, "first": -3, "third": -1, "later": 60}
    rows = [a_cart(name, moment + timedelta(seconds=each), TEA) for name, each in ends.items()]
    await database["carts"].insert_many([*rows, a_cart("empty", None), a_cart("not holding", None, TEA)])
    carts = Carts(driver, database)
    overdue = await carts.overdue(10)
    assert [each.owner for each in overdue] == ["first", "second", "third"]
    for cart, seconds in zip(overdue, (3, 2, 1), strict=True):
        assert seconds <= cart.seconds_late < seconds + PATIENCE
    assert [each.owner for each in await carts.overdue(2)] == ["first", "second"]


async def test_looking_for_overdue_carts_reads_none_that_holds_on(database: Database):
    """The sweeper looks several times a second, with thousands of carts open."""
    moment = await now(database)
    later = [a_cart(f"later{each}", moment + timedelta(minutes=5), TEA) for each in range(300)]
    await database["carts"].insert_many([*later, a_cart("over", moment - timedelta(seconds=1), TEA)])
    command = {"find": "carts", "filter": OVERDUE, "sort": {"expires_at": 1}, "limit": 500}
    plan = await database.command({"explain": command, "verbosity": "executionStats"})
    assert stages(plan["queryPlanner"]["winningPlan"]).isdisjoint({"COLLSCAN", "SORT"})
    assert plan["executionStats"]["nReturned"] == 1
    assert plan["executionStats"]["totalDocsExamined"] <= 2


@both_drivers
async def test_the_next_release_is_the_earliest_end_of_a_hold(driver: Driver, database: Database):
    """Of each product that somebody holds; carts that hold nothing release nothing."""
    moment = (await now(database)).replace(microsecond=0)
    soon, later = moment + timedelta(seconds=10), moment + timedelta(seconds=20)
    await database["carts"].insert_many(
        [a_cart("a", later, TEA, CUP), a_cart("b", soon, TEA), a_cart("c", None, CUP), a_cart("d", None)]
    )
    releases = await Carts(driver, database).next_releases(map(str, (TEA, CUP, ObjectId())))
    assert releases == {str(TEA): soon, str(CUP): later}
    assert await Carts(driver, database).next_releases([]) == {}


async def test_looking_for_the_next_release_reads_the_carts_concerned_only(database: Database):
    """A sold-out product is asked about often."""
    moment = await now(database)
    others = [a_cart(f"other{each}", moment, CUP) for each in range(200)]
    await database["carts"].insert_many([*others, a_cart("mine", moment, TEA)])
    holding = {"lines.product_id": {"$in": [TEA]}, "expires_at": {"$type": "date"}, **FILLED}
    plan = await database.command({"explain": {"find": "carts", "filter": holding}, "verbosity": "executionStats"})
    assert "COLLSCAN" not in stages(plan["queryPlanner"]["winningPlan"])
    assert plan["executionStats"]["totalDocsExamined"] == 1
