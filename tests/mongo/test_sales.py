"""The sales projection: whatever happens to it, it counts what the orders say, each once."""

import asyncio
import random
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import OperationFailure
from structlog.testing import capture_logs

from bench.shop.ledger import running_ledger
from ivorycart.ledger import Ledger
from ivorycart.sales.projecting import Projector
from models.commands import CancelOrder, SetLine
from models.errors import Refused
from models.feed import HistoryLost
from mongo.driver import Database, Driver
from mongo.holds import Holds
from mongo.sales import Sales
from mongo.sales_documents import MOST_TOLD
from mongo.sales_projection import SalesProjection
from tests.mongo.sales_recount import minutes, recent_units, recount, stored
from tests.mongo.shop import SELLER, add_product, ask, both_drivers, buyer, failing, order
from tests.movers import AN_ADMIN
from tests.patience import PATIENCE

OTHER = ObjectId("5e11e05e11e05e11e05e11e1")
NOW = datetime.now(UTC)


async def until_counted(projector: Projector, database: Database) -> None:
    """Work until nothing is left to do."""
    async with asyncio.timeout(PATIENCE):
        while await projector.step() or await stored(database) != await recount(database):
            pass


async def rush(ledger: Ledger, products: list[str], orders: int, seed: int = 1) -> list[str]:
    """Let many buy one to three products each, and a third of them cancel; return the orders' ids."""
    dice = random.Random(seed)
    buyers = [buyer(seed * 1000 + number) for number in range(orders)]
    for owner in buyers:
        lines = [SetLine(owner, each, dice.randint(1, 4)) for each in dice.sample(products, dice.randint(1, 3))]
        await ask(ledger, *lines)
    placed = await ask(ledger, *(order(owner) for owner in buyers))
    ids = [each.order.id for each in placed]
    cancelled = await ask(ledger, *(CancelOrder(each, AN_ADMIN, "why") for each in ids[::3]))
    assert not [each for each in cancelled if isinstance(each, BaseException) and not isinstance(each, Refused)]
    return ids


async def two_sellers(database: Database) -> list[str]:
    """Put products of two sellers on the shelf, at several prices."""
    return [
        await add_product(database, 10_000, price=100 * number + 7, seller_id=(SELLER, OTHER)[number % 2])
        for number in range(6)
    ]


def past_order(number: int, **fields: Any) -> dict[str, Any]:
    """Return an order of a while ago, as another program or a restore brings it."""
    sellers = [SELLER, OTHER] if number % 3 == 0 else [SELLER]
    status = "cancelled" if number % 5 == 0 else "refunded" if number % 7 == 0 else "placed"
    return {
        "_id": ObjectId(),
        "owner": f"u:{number}",
        "order_key": f"past {number}",
        "product_list": [
            {"product_id": ObjectId(f"{number % 40:024x}"), "quantity": number % 4 + 1, "price": 250, "seller_id": each}
            for each in sellers
        ],
        "total_amount": 1,
        "currency": "USD" if number % 11 == 0 else "EUR",
        "status": status,
        "fulfilments": [
            {"seller_id": each, "status": "refunded" if number % 4 == 0 and each == OTHER else status}
            for each in sellers
        ],
        "timestamp": NOW - timedelta(minutes=97 * number),
        **fields,
    }


@both_drivers
async def test_figures_follow_orders_and_cancellations(driver: Driver, database: Database):
    """To the unit, as a recount of the raw orders finds; what was there before is counted at the first step."""
    products = await two_sellers(database)
    projector = Projector(SalesProjection(driver, database))
    await database["orders"].insert_many([past_order(number) for number in range(50)])
    async with running_ledger(driver, database) as ledger:
        await rush(ledger, products, 20, seed=1)
        with capture_logs() as logs:
            await until_counted(projector, database)
        assert [each["event"] for each in logs].count("sales.counted_anew") == 1
        await rush(ledger, products, 30, seed=2)
        await until_counted(projector, database)
        ids = await rush(ledger, products, 1, seed=3)
        await until_counted(projector, database)
    assert ids
    assert await minutes(database) == await recent_units(database) > 0


async def test_what_is_counted_step_by_step_and_what_is_counted_anew_are_the_same(driver: Driver, database: Database):
    """Two currencies, two sellers in an order, parts refunded; statuses that go back, too."""
    keeper = SalesProjection(driver, database)
    projector = Projector(keeper)
    await until_counted(projector, database)
    await database["orders"].insert_many([past_order(number) for number in range(300)])
    await until_counted(projector, database)
    some = {"order_key": {"$regex": "3$"}}
    for status in ("cancelled", "placed", "refunded", "shipped"):
        await database["orders"].update_many(some, {"$set": {"status": status, "fulfilments.$[].status": status}})
        await until_counted(projector, database)
    one: Any = await database["orders"].find_one({"order_key": "past 1"})
    await database["orders"].replace_one({"_id": one["_id"]}, {**one, "status": "cancelled"})
    await until_counted(projector, database)
    step_by_step, voids = await stored(database), await database["sales_voids"].count_documents({})
    await keeper.rebuild()
    assert await stored(database) == step_by_step == await recount(database)
    assert await database["sales_voids"].count_documents({}) == voids > 0
    await database["orders"].update_many({}, {"$set": {"status": "refunded"}})
    await until_counted(projector, database)


async def dies(work: Awaitable[Any]) -> bool:
    """Whether the database's refusal ends some work."""
    try:
        await work
    except OperationFailure:
        return True
    return False


COMMANDS = "find update insert delete commitTransaction getMore aggregate listCollections"


async def test_a_projector_may_die_before_each_of_its_commands(driver: Driver, database: Database):
    """Another one goes on, and everything is counted once."""
    products = await two_sellers(database)
    deaths = 0
    async with running_ledger(driver, database) as ledger:
        await until_counted(Projector(SalesProjection(driver, database)), database)
        while True:
            await rush(ledger, products, 3, seed=deaths + 1)
            dying = Projector(SalesProjection(driver, database))
            with capture_logs():
                async with failing(driver, COMMANDS, {"skip": deaths}, errorCode=8000):
                    died = any([await dies(dying.step()) for _ in range(3)])
            await until_counted(Projector(SalesProjection(driver, database)), database)
            if not died:
                break
            deaths += 1
    assert deaths > 8


async def test_counting_anew_may_die_before_each_of_its_commands(driver: Driver, database: Database):
    """What it had written is swept away, and nobody ever reads it."""
    await database["orders"].insert_many([past_order(number) for number in range(60)])
    await until_counted(Projector(SalesProjection(driver, database)), database)
    expected = await stored(database)
    deaths = 0
    while True:
        with capture_logs():
            async with failing(driver, COMMANDS, {"skip": deaths}, errorCode=8000):
                died = await dies(SalesProjection(driver, database).rebuild())
        assert await stored(database) == expected
        if not died:
            break
        deaths += 1
    assert deaths > 10
    await until_counted(Projector(SalesProjection(driver, database)), database)
    projection: Any = await database["projections"].find_one({"_id": "sales"})
    for name in ("sales", "sales_voids"):
        rows = await database[name].find({}, {"_id": 1}).to_list(None)
        assert {row["_id"].split(":")[0] for row in rows} == {projection["generation"]}


async def test_a_batch_whose_commit_stays_without_an_answer_is_counted_once(driver: Driver, database: Database):
    """The transaction is committed; only its answer is lost, every time."""
    products = await two_sellers(database)
    async with running_ledger(driver, database) as ledger:
        projector = Projector(SalesProjection(driver, database))
        await until_counted(projector, database)
        await rush(ledger, products, 5)
        concern = {"code": 64, "errmsg": "no majority in time", "errInfo": {}}
        async with failing(driver, "commitTransaction", {"times": 3}, writeConcernError=concern):
            for _ in range(4):
                await dies(projector.step())
        await until_counted(projector, database)


@both_drivers
async def test_who_has_nothing_to_count_is_not_overtaken(driver: Driver, database: Database):
    """It says from time to time that it is there, goes on from where it is, and counts the next order at once."""
    products = await two_sellers(database)
    keeper = SalesProjection(driver, database)
    await keeper.rebuild()
    await keeper.advance()
    place = keeper._place
    assert place
    batch = place.batch
    for _ in range(6):  # half a second each, twice beyond what passes between two such notes
        await keeper.advance()
    assert keeper._place is place
    async with running_ledger(driver, database) as ledger:
        await rush(ledger, products, 1)
    await keeper.advance()
    assert keeper._place is place
    assert place.batch > batch


async def test_two_at_once_count_once(driver: Driver, database: Database):
    """One who lost the lease and does not know it yet reads the same batches as the other."""
    products = await two_sellers(database)
    projectors = [Projector(SalesProjection(driver, database)) for _ in range(3)]
    stop = asyncio.Event()

    async def work(projector: Projector) -> None:
        while not stop.is_set():
            await projector.step()

    async with running_ledger(driver, database) as ledger:
        working = [asyncio.create_task(work(each)) for each in projectors]
        for seed in range(4):
            await rush(ledger, products, 25, seed=seed)
        async with asyncio.timeout(PATIENCE):
            while await stored(database) != await recount(database):
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*working)
    assert await stored(database) == await recount(database)


@pytest.mark.parametrize("code", [286, 280, 260])
async def test_where_the_history_is_lost_all_is_counted_anew(code: int, driver: Driver, database: Database):
    """And it goes on from exactly there."""
    products = await two_sellers(database)
    projector = Projector(SalesProjection(driver, database))
    async with running_ledger(driver, database) as ledger:
        await rush(ledger, products, 5, seed=1)
        await until_counted(projector, database)
        before: Any = await database["projections"].find_one({"_id": "sales"})
        await rush(ledger, products, 5, seed=2)
        async with failing(driver, "getMore", {"times": 1}, errorCode=code):
            assert await projector.step()
        after: Any = await database["projections"].find_one({"_id": "sales"})
        assert after["generation"] != before["generation"]
        assert await stored(database) == await recount(database)
        await rush(ledger, products, 5, seed=3)
        await until_counted(projector, database)


@pytest.mark.parametrize("name", ["motor", "pymongo"])
async def test_counting_anew_may_take_longer_than_any_answer_may(name: Any, mongo_uri: str, database: Database):
    """Millions of orders are grouped before the first row comes."""
    await database["orders"].insert_many([past_order(number) for number in range(30)])
    hasty = Driver(mongo_uri, name, socketTimeoutMS=500)
    try:
        async with failing(hasty, "aggregate", {"times": 2}, blockConnection=True, blockTimeMS=1000):
            await SalesProjection(hasty, hasty.client[database.name]).rebuild()
    finally:
        await hasty.close()
    assert await stored(database) == await recount(database)


async def test_figures_of_a_restored_database_are_not_believed(driver: Driver, database: Database):
    """Its orders are of another history, though their documents and the figures look the same."""
    await database["orders"].insert_many([past_order(number) for number in range(30)])
    await until_counted(Projector(SalesProjection(driver, database)), database)
    copy = driver.client[f"{database.name}_copy"]
    try:
        for name in ("projections", "sales", "sales_voids", "orders", "meta"):
            rows = await database[name].find().to_list(None)
            if rows:
                await copy[name].insert_many(rows)
        with pytest.raises(HistoryLost, match="restored"):
            await SalesProjection(driver, copy).advance()
        await until_counted(Projector(SalesProjection(driver, copy)), copy)
        assert await stored(copy) == await stored(database)
    finally:
        await driver.client.drop_database(copy.name)


async def test_what_no_rule_of_the_shop_does_to_orders_has_all_counted_anew(driver: Driver, database: Database):
    """An operator deletes orders, or changes what was sold."""
    await database["orders"].insert_many([past_order(number) for number in range(30)])
    projector = Projector(SalesProjection(driver, database))
    await until_counted(projector, database)
    await database["orders"].delete_many({"status": "cancelled"})
    await until_counted(projector, database)
    await database["orders"].update_one({"order_key": "past 1"}, {"$set": {"product_list.0.quantity": 40}})
    await until_counted(projector, database)
    await database["orders"].drop()
    await until_counted(projector, database)
    await database["orders"].insert_many([past_order(number) for number in range(5)])
    await until_counted(projector, database)


LINE = {"product_id": ObjectId(), "seller_id": SELLER, "quantity": 1, "price": 250}
HALVES: dict[str, dict[str, Any]] = {
    "no product": {"product_list": [{"quantity": 3}], "fulfilments": []},
    "no lines": {"product_list": []},
    "a line that is none": {"product_list": [7]},
    "lines that are none": {"product_list": "tea"},
    "units in words": {"product_list": [LINE, {**LINE, "quantity": "two"}]},
    "half a unit": {"product_list": [{**LINE, "quantity": 0.5}]},
    "less than nothing": {"product_list": [{**LINE, "quantity": -1}]},
    "more than a cart has": {"product_list": [{**LINE, "quantity": 10**6 + 1}]},
    "dearer than anything": {"product_list": [{**LINE, "price": 10**12 + 1}]},
    "a product without an id": {"product_list": [{**LINE, "product_id": "a.$b"}]},
    "a time before all others": {"timestamp": datetime(1, 1, 1, tzinfo=UTC)},
    "no time": {"timestamp": "now"},
    "no currency": {"currency": None},
    "a part that is none": {"fulfilments": ["cancelled"]},
    "a part of nobody": {"fulfilments": [{"status": "cancelled"}]},
    "parts that are none": {"fulfilments": "cancelled"},
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
async def test_an_order_that_cannot_be_read_holds_up_nobody(half: dict[str, Any], driver: Driver, database: Database):
    """Another program's half of an order is in no figures; neither step by step, nor counted anew."""
    keeper, sales = SalesProjection(driver, database), Sales(driver, database)
    await Projector(keeper).step()
    await database["orders"].insert_one(past_order(1, **half))
    good = past_order(2)
    await database["orders"].insert_one(good | {"product_list": [*good["product_list"], "a word"]})
    async with asyncio.timeout(PATIENCE):
        while not (await sales.figures("all", "24h", "EUR")).totals.orders:
            await keeper.advance()
    for _ in range(2):
        figures = await sales.figures("all", "24h", "EUR")
        assert (figures.totals.orders, figures.totals.units, figures.totals.revenue) == (1, 3, 750)
        assert len((await stored(database))["products"]) == 1
        await keeper.rebuild()


async def test_no_sum_is_too_large_for_whoever_keeps_them(driver: Driver, database: Database):
    """Beyond what a client can count exactly it is told as that much; all others' figures are what they were."""
    keeper, sales = SalesProjection(driver, database), Sales(driver, database)
    await Projector(keeper).step()
    dearest = {**LINE, "quantity": 10**6, "price": 10**12}
    for number in (1, 2):  # each sum is beyond 64 bits
        await database["orders"].insert_one(past_order(number, product_list=[dearest] * 20))
    own = [{"seller_id": OTHER, "status": "placed"}]
    await database["orders"].insert_one(
        past_order(4, product_list=[{**LINE, "seller_id": OTHER}], fulfilments=own, status="placed")
    )
    async with asyncio.timeout(PATIENCE):
        while not (await sales.figures(str(OTHER), "24h", "EUR")).totals.orders:
            await keeper.advance()
    for _ in range(2):
        dear, others = [await sales.figures(str(each), "24h", "EUR") for each in (SELLER, OTHER)]
        assert (dear.totals.orders, dear.totals.units) == (2, 40 * 10**6)
        assert dear.totals.revenue >= MOST_TOLD
        assert dear.top.by_revenue[0].revenue == MOST_TOLD
        assert max(point.figures.revenue for point in dear.series) == MOST_TOLD
        assert (await sales.top_sellers("24h", "EUR"))[0].revenue >= MOST_TOLD
        assert (others.totals.orders, others.totals.units, others.totals.revenue) == (1, 1, 250)
        await keeper.rebuild()


async def test_figures_of_a_period_are_those_of_its_hours_or_days(driver: Driver, database: Database):
    """Totals, the period before, series with empty parts, top products; each period by its own recount."""
    await database["orders"].insert_many([past_order(number) for number in range(600)])
    await until_counted(Projector(SalesProjection(driver, database)), database)
    sales, counts = Sales(driver, database), await recount(database)
    for period, parts in (("24h", 24), ("7d", 168), ("30d", 30), ("90d", 90)):
        found = await sales.figures(str(SELLER), period, "EUR")  # type: ignore[arg-type]
        assert len(found.series) == parts
        slot = "h" if found.window.unit == "hour" else "d"
        for point in found.series:
            expected = counts["slots"].get((slot, point.at, str(SELLER), "EUR"), {})
            assert {name: value for name, value in point.figures._asdict().items() if value} == {
                name: value for name, value in expected.items() if value
            }
        sums = [sum(values) for values in zip(*(point.figures for point in found.series), strict=True)]
        assert list(found.totals) == sums
        assert await sales.totals(str(SELLER), period, "EUR") == (found.totals, found.before)  # type: ignore[arg-type]
        assert await sales.series(str(SELLER), period, "EUR") == found.series  # type: ignore[arg-type]
        sold: dict[str, int] = {}
        for (day, seller, currency, product), (units, _) in counts["products"].items():
            if day in found.window.days and (seller, currency) == (str(SELLER), "EUR"):
                sold[product] = sold.get(product, 0) + units
        best = sorted(sold.items(), key=lambda each: (-each[1], each[0]))[:10]
        assert [(each.product_id, each.units) for each in found.top.by_units] == best
        whole = await sales.top_products("all", period, "EUR", limit=100)  # type: ignore[arg-type]
        assert sum(each.units for each in whole.by_units) >= sum(sold.values())
        [first, second] = await sales.top_sellers(period, "EUR")  # type: ignore[arg-type]
        assert (first.seller_id, second.seller_id) == (str(SELLER), str(OTHER))
        assert found.mark
        assert found.mark.lag < 60


async def test_the_best_sellers_sold_no_more_than_was_sold(driver: Driver, database: Database):
    """Sellers are of the same hours as the totals; products are of whole days, and say since when."""
    hours = [past_order(1, timestamp=NOW - timedelta(hours=each), order_key=f"hour {each}") for each in range(200)]
    theirs = {
        "product_list": [{**LINE, "seller_id": OTHER}],
        "fulfilments": [{"seller_id": OTHER, "status": "cancelled"}],
    }
    gone = past_order(5, order_key="gone", **theirs)
    await database["orders"].insert_many([*hours, gone])
    await until_counted(Projector(SalesProjection(driver, database)), database)
    sales = Sales(driver, database)
    for period in ("24h", "7d", "30d"):
        found = await sales.figures("all", period, "EUR")  # type: ignore[arg-type]
        [best] = await sales.top_sellers(period, "EUR")  # type: ignore[arg-type]
        assert best == (str(SELLER), found.totals.orders, found.totals.units, found.totals.revenue)
        products = await sales.top_products("all", period, "EUR")  # type: ignore[arg-type]
        whole_days = sum(2 for each in hours if each["timestamp"] >= products.since)
        assert (sum(each.units for each in products.by_units), products.since) == (whole_days, found.window.days[0])


async def test_units_per_minute_are_those_of_the_last_five_minutes(driver: Driver, database: Database):
    """And of the running one, by the database's clock; what is cancelled is none."""

    async def clock() -> datetime:
        row: Any = await database["meta"].find_one({"_id": "schema"}, {"now": "$$NOW"})
        return datetime.fromisoformat(row["now"].isoformat())

    now = await clock()
    minutes_ago = {0: 90, 1: 60, 4: 40, 20: 7}
    for ago, units in minutes_ago.items():
        line = {**LINE, "quantity": units}
        at = now - timedelta(minutes=ago)
        await database["orders"].insert_one(past_order(1, timestamp=at, order_key=f"{ago}", product_list=[line]))
    theirs = {"product_list": [{**LINE, "quantity": 500}], "status": "cancelled", "order_key": "cancelled"}
    await database["orders"].insert_one(past_order(1, timestamp=now, **theirs))
    await until_counted(Projector(SalesProjection(driver, database)), database)
    while True:
        before = await clock()
        found = await Sales(driver, database).figures(str(SELLER), "24h", "EUR")
        after = await clock()
        since = before.replace(second=0, microsecond=0) - timedelta(minutes=5)
        if after.minute == before.minute:
            break
    sold = sum(units for ago, units in minutes_ago.items() if now - timedelta(minutes=ago) >= since)
    assert sold == 190
    least, most = (round(sold * 60 / (each - since).total_seconds(), 1) for each in (after, before))
    assert least <= found.units_per_minute <= most


async def test_before_anything_was_counted_there_are_no_figures(driver: Driver, database: Database):
    """Nothing is claimed."""
    found = await Sales(driver, database).figures(str(SELLER), "24h", "EUR")
    assert (found.mark, found.totals.orders, len(found.series)) == (None, 0, 24)


async def test_what_the_dashboard_asks_for_reads_no_collection_whole(driver: Driver, database: Database):
    """Roll-ups by their ids, holds by the end of the hold, orders by their seller."""
    await database["orders"].insert_many([past_order(number) for number in range(300)])
    await until_counted(Projector(SalesProjection(driver, database)), database)
    carts = [
        {"_id": f"u:{n}", "revision": 1, "lines": [], "expires_at": NOW + timedelta(hours=n + 1)} for n in range(99)
    ]
    await database["carts"].insert_many([{**cart, "currency": "EUR"} for cart in carts])
    await database.command({"profile": 2})
    try:
        await Sales(driver, database).figures(str(SELLER), "90d", "EUR")
        await Sales(driver, database).latest_orders(str(SELLER), 20)
        await Holds(driver, database).ending((60, 300))
    finally:
        await database.command({"profile": 0})
    read = {"ns": {"$in": [f"{database.name}.{each}" for each in ("sales", "orders", "carts")]}}
    rows = await database["system.profile"].find(read).to_list(None)
    assert len(rows) >= 4
    for row in rows:
        assert "COLLSCAN" not in row["planSummary"], row["command"]
        assert row["docsExamined"] <= 180, row["command"]


async def test_holds_about_to_end_are_counted_by_product(driver: Driver, database: Database):
    """Each in all times that it ends within; overdue ones count, others do not."""
    now, tea, cup = datetime.now(UTC), ObjectId(), ObjectId()
    for number, (seconds, product, units) in enumerate(((-5, tea, 1), (30, tea, 2), (200, tea, 4), (200, cup, 8))):
        cart = {"_id": f"u:{number}", "revision": 1, "currency": "EUR", "expires_at": now + timedelta(seconds=seconds)}
        lines = [{"product_id": product, "quantity": units, "since": 0}]
        await database["carts"].insert_one({**cart, "lines": lines})
    later = datetime.now(UTC) + timedelta(seconds=900)
    await database["carts"].insert_one(
        {"_id": "u:x", "revision": 1, "currency": "EUR", "expires_at": later, "lines": []}
    )
    ending = await Holds(driver, database).ending((120, 600))
    assert ending == {str(tea): [3, 7], str(cup): [0, 8]}
