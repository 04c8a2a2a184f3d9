"""Lists of orders: every list with every filter against a plain reckoning, paging while orders come, and the plans."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from bson import ObjectId

from models.folding import folded
from models.order import Order, OrderStatus
from models.order_list import OrderFilter, Place, View
from models.order_views import LISTED
from mongo import documents
from mongo import order_lists as module
from mongo.driver import Database, Driver
from mongo.order_lists import MOST_SCANNED, PORTION, OrderLists
from mongo.schema import INDEXES, STEPS, _orders_to_be_listed, migrate
from tests.extent import extent
from tests.mongo.shop import both_drivers
from tests.mongo.test_finding import Overheard, plan_of
from tests.orders import NOON, a_line, a_part, a_stored_order, new_id, put

BUYERS, SELLERS, COURIERS = ([new_id() for _ in range(3)] for _ in range(3))
NAMES = ("Café crème", "Tea (green)", "cafe au lait", "a.c", "ABC")
STATUSES = tuple(OrderStatus)
MINUTE = timedelta(minutes=1)
ORDERS = extent(120, 240)


def made_up(dice: random.Random, number: int) -> Order:
    """Make up an order; eight each are of one moment."""
    sellers = dice.sample(SELLERS, dice.randint(1, 2))
    parts = tuple(a_part(seller, dice.choice(STATUSES), courier=dice.choice([None, *COURIERS])) for seller in sellers)
    lines = tuple(a_line(seller, dice.choice(NAMES)) for seller in sellers)
    buyer = dice.choice([None, *BUYERS])
    email = f"ada{number}@shop.test" if buyer is None else None
    return a_stored_order(*parts, buyer_id=buyer, lines=lines, email=email, timestamp=NOON + MINUTE * (number // 8))


def is_wanted(order: Order, wanted: OrderFilter) -> bool:
    """Whether a filter's plain meaning holds for an order."""
    lists: dict[str, Callable[[Any], bool]] = {
        "seller": lambda part: part.seller_id == wanted.user_id,
        **{view: which(wanted.user_id) for view, which in LISTED.items()},
    }
    shown = [part for part in order.fulfilments if lists.get(wanted.view, lambda _: True)(part)]
    sellers = {part.seller_id for part in shown}
    whole = wanted.view in {"buyer", "all"}
    statuses = {order.status} if whole else {part.status for part in shown}
    text = folded(wanted.text)
    names = [folded(line.name) for line in order.lines if line.seller_id in sellers]
    is_theirs = wanted.view == "all" and (order.email or "").startswith(text)
    return (
        (bool(shown) if wanted.view != "buyer" else order.buyer_id == wanted.user_id)
        and (wanted.since or order.timestamp) <= order.timestamp
        and (wanted.before is None or order.timestamp < wanted.before)
        and (not wanted.statuses or bool(statuses & set(wanted.statuses)))
        and (order.id.startswith(text) or is_theirs or (not wanted.beginning and any(text in each for each in names)))
    )


def filters(some_id: str) -> list[OrderFilter]:
    """Return every list with every filter."""
    lists: list[tuple[View, str]] = [
        *(("buyer", each) for each in BUYERS[:2]),
        *(("seller", each) for each in SELLERS[:2]),
        ("all", ""),
        *product(("available", "mine", "done"), COURIERS[:2]),  # type: ignore[list-item]
    ]
    some: list[dict[str, Any]] = [
        {},
        {"since": NOON + 5 * MINUTE},
        {"since": NOON + 5 * MINUTE, "before": NOON + 12 * MINUTE},
        {"statuses": (OrderStatus.SHIPPED,)},
        {"statuses": (OrderStatus.PLACED, OrderStatus.DELIVERED), "before": NOON + 20 * MINUTE},
        {"text": "CAFE"},
        {"text": "a.c"},
        {"text": "(", "statuses": (OrderStatus.SHIPPED, OrderStatus.REFUNDED)},
        {"text": some_id},
        {"text": some_id[:9]},
        {"text": "nothing like it"},
    ]
    wanted = [OrderFilter(view=view, user_id=user_id, **given) for (view, user_id), given in product(lists, some)]
    return [*wanted, *(replace(each, oldest_first=True) for each in wanted if each.view == "seller")]


async def walk(
    lists: OrderLists, wanted: OrderFilter, limit: int, between: Callable[[], Awaitable[None]] | None = None
) -> list[str]:
    """Read a list to its end."""
    found: list[str] = []
    after: Place | None = None
    while True:
        orders, after = await lists.page(wanted, limit=limit, after=after)
        assert len(orders) <= limit
        found += [order.id for order in orders]
        if after is None:
            return found
        if between:
            await between()


def reckoned(orders: list[Order], wanted: OrderFilter) -> list[str]:
    """Reckon a list."""
    fitting = [order for order in orders if is_wanted(order, wanted)]
    fitting.sort(key=lambda order: (order.timestamp, order.id), reverse=not wanted.oldest_first)
    return [order.id for order in fitting]


@both_drivers
@pytest.mark.parametrize("portion", [7, PORTION])
async def test_every_list_with_every_filter_pages_through_all_that_fits(
    driver: Driver, database: Database, portion: int, monkeypatch: pytest.MonkeyPatch
):
    """In order, nothing twice, nothing lost, however few rows are looked at for a page."""
    monkeypatch.setattr(module, "PORTION", portion)
    monkeypatch.setattr(module, "MOST_SCANNED", 3 * portion)
    dice = random.Random(7)
    orders = [made_up(dice, number) for number in range(ORDERS)]
    await put(database, *orders)
    lists = OrderLists(driver, database)
    sizes = set()
    for wanted in filters(orders[77].id):
        whole = reckoned(orders, wanted)
        sizes.add(len(whole))
        for limit in (3, 100):
            assert await walk(lists, wanted, limit) == whole, (wanted, limit)
        assert not whole or await lists.place(replace(wanted, text=""), whole[0])
    assert len(sizes) > 10


async def test_orders_that_come_and_move_between_pages_neither_repeat_nor_lose_the_others(
    driver: Driver, database: Database
):
    """A list of all statuses is of time alone."""
    dice = random.Random(3)
    orders = [made_up(dice, number) for number in range(80)]
    await put(database, *orders)
    lists = OrderLists(driver, database)

    async def stir() -> None:
        others = [replace(made_up(dice, dice.randint(0, 90)), id=new_id()) for _ in range(3)]
        await put(database, *others)
        for each in dice.sample(orders, 5):
            status = dice.choice(STATUSES)
            parts = tuple(part._replace(status=status) for part in each.fulfilments)
            await put(database, replace(each, status=status, fulfilments=parts))

    for view, user_id in (("all", ""), ("seller", SELLERS[0]), ("buyer", BUYERS[0])):
        wanted = OrderFilter(view=view, user_id=user_id)  # type: ignore[arg-type]
        before = set(reckoned(orders, wanted))
        found = await walk(lists, wanted, 4, stir)
        assert len(found) == len(set(found))
        assert [each for each in found if each in before] == reckoned(orders, wanted), view


async def test_an_admin_finds_by_the_buyers_name_and_address(driver: Driver, database: Database):
    """As they begin, whatever the case; nobody else does."""
    account = {
        "_id": ObjectId(BUYERS[0]),
        "email": "zoe@shop.test",
        "name": "Zoë Zimt",
        "role": "buyer",
        "password": "",
    }
    await database["users"].insert_one(account)
    hers, guests = a_stored_order(buyer_id=BUYERS[0], email=None), a_stored_order(email="Guest@shop.test")
    await put(database, hers, guests, a_stored_order(buyer_id=BUYERS[1], email=None))
    lists = OrderLists(driver, database)
    for text, expected in (("zoe z", hers), ("ZOË", hers), ("zoe@", hers), ("guest@", guests)):
        assert await walk(lists, OrderFilter(view="all", text=text), 5) == [expected.id], text
        assert await walk(lists, OrderFilter(view="buyer", user_id=BUYERS[0], text=text), 5) == []
        seller = hers.fulfilments[0].seller_id
        assert await walk(lists, OrderFilter(view="seller", user_id=seller, text=text), 5) == []


async def test_another_programs_half_of_an_order_hides_no_other(driver: Driver, database: Database):
    """It is left out."""
    good = a_stored_order(buyer_id=BUYERS[0])
    half = {"owner": "u:x", "buyer_id": ObjectId(BUYERS[0]), "total_amount": 1, "status": "placed"}
    await put(database, good)
    await database["orders"].insert_many(
        [
            half | {"order_key": "1"},
            half | {"order_key": "2", "timestamp": NOON},
            half | {"order_key": "3", "status": 5},
        ]
    )
    lists = OrderLists(driver, database)
    for text in ("", "tea"):
        for view, user_id in (("buyer", BUYERS[0]), ("all", "")):
            wanted = OrderFilter(view=view, user_id=user_id, text=text)  # type: ignore[arg-type]
            assert await walk(lists, wanted, 2) == [good.id]


async def test_lists_are_counted(driver: Driver, database: Database):
    """For the worklist."""
    await put(database, *(a_stored_order(a_part(SELLERS[0], "shipped")) for _ in range(3)), a_stored_order())
    assert await OrderLists(driver, database).count(OrderFilter(view="available")) == 3


@pytest.fixture
async def overheard(mongo_uri: str, database: Database) -> AsyncIterator[tuple[OrderLists, Overheard]]:
    """Open the lists with somebody listening."""
    listener = Overheard(("orders", "users"))
    driver = Driver(mongo_uri, "motor", event_listeners=[listener])
    yield OrderLists(driver, driver.client[database.name]), listener
    await driver.close()


async def test_no_list_reads_or_sorts_the_collection(overheard: tuple[OrderLists, Overheard], database: Database):
    """Every question goes by an index that gives its order; what none answers is looked at so far and no further."""
    lists, listener = overheard
    dice = random.Random(1)
    orders = [made_up(dice, number) for number in range(3000)]
    await database["orders"].insert_many(map(documents.order_document, orders))
    deep = Place(NOON + 200 * MINUTE, "f" * 24)
    nobody = new_id()
    nobodys = [
        OrderFilter(view=view, user_id=nobody)  # type: ignore[arg-type]
        for view in ("buyer", "seller", "mine", "done")
    ]
    for wanted in (*filters(orders[77].id), *nobodys):
        for after in (None, deep):
            listener.commands.clear()
            await lists.page(wanted, limit=20, after=after)
            examined = 0
            for command in listener.commands:
                if command["find"] == "users" or "$in" in command["filter"].get("_id", {}):
                    continue
                plan, stats = await plan_of(database, command)
                what = (wanted, command, plan)
                assert not plan & {"COLLSCAN", "SORT"}, what
                assert stats["totalDocsExamined"] == stats["nReturned"] or wanted.beginning, what
                assert stats["totalKeysExamined"] <= stats["nReturned"] + 2 * len(STATUSES) or wanted.beginning, what
                examined += stats["totalDocsExamined"]
            picky = wanted.text or wanted.view == "done" or (wanted.statuses and wanted.view not in {"seller", "all"})
            # made within one second in this test
            most = len(orders) if wanted.beginning else MOST_SCANNED if picky else 21
            assert examined <= most, wanted


async def test_a_database_of_before_gets_the_lists_indexes(driver: Driver):
    """In the place of those by buyer and seller."""
    database = driver.client[f"before_{ObjectId()}"]
    try:
        await migrate(database, "me", STEPS[: STEPS.index(_orders_to_be_listed)])
        for name in ("of_buyer", "of_seller", "by_status", "on_the_way", "of_courier"):
            await database["orders"].drop_index(name)
        await database["orders"].create_index(
            [("buyer_id", 1), ("timestamp", -1)], partialFilterExpression={"buyer_id": {"$type": "objectId"}}
        )
        await database["orders"].create_index([("product_list.seller_id", 1), ("timestamp", -1)])
        await migrate(database, "me")
        names = set(await database["orders"].index_information())
        assert names == {
            "_id_",
            "owner_1_order_key_1",
            "of_buyer",
            "of_seller",
            "by_status",
            "on_the_way",
            "of_courier",
        }
        assert len(names) == len(INDEXES["orders"]) + 1
    finally:
        await driver.client.drop_database(database.name)
