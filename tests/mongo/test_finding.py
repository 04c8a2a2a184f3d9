"""Lists of products: every filter with every sort against a plain reckoning, paging through changes, and the plans."""

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from bson import ObjectId
from pymongo import monitoring

from models.finding import Filters, Page, Position, Sort
from mongo import finding as module
from mongo.driver import Database, Driver
from mongo.findables import Findables
from mongo.finding import FEW, MOST_SCANNED, Lists
from mongo.products import Products
from mongo.shelving import LACKING, shelve
from tests.mongo.shop import both_drivers
from tests.mongo.test_carts import stages

SORTS: tuple[Sort, ...] = ("price", "-price", "newest", "popular", "name")
SELLERS = tuple(f"5e11e05e11e05e11e05e11e{number}" for number in range(3))
CATEGORIES = ("home", "home/decor", "home/decor/vases", "homeware", "Home", "work", "home/😀")
# As people's alphabets have them: case and accents only decide between what is else alike.
NAMES = ("Äpfel", "apple", "Apple", "banana", "elan", "élan", "Über", "zebra", "Zebra")


@pytest.fixture
def lists(driver: Driver, database: Database) -> Lists:
    """Open the lists."""
    return Lists(driver, database)


def entry(dice: random.Random, **fields: Any) -> dict[str, Any]:
    """Make up a product, one of many alike."""
    return {
        "name": dice.choice(NAMES),
        "description": "",
        "price": dice.choice((100, 200, 200, 300, 999, 5000)),
        "currency": "EUR",
        "category": dice.choice(CATEGORIES),
        "stock": dice.choice((0, 0, 1, 5)),
        "threshold": 3,
        "max_per_cart": 9,
        "seller_id": dice.choice(SELLERS),
        "published": dice.random() > 0.1,
        "images": [],
    } | fields


async def fill(driver: Driver, database: Database, count: int, seed: int = 1, **fields: Any) -> None:
    """Add products, some of them held, popular, disabled or deleted."""
    dice = random.Random(seed)
    await Products(driver, database).add([entry(dice, **fields) for _ in range(count)], "seller")
    ids = [row["_id"] async for row in database["products"].find({}, {"_id": 1})]
    dice.shuffle(ids)
    for number, each in enumerate(ids[: count // 2]):
        change: dict[str, Any] = {"popularity": dice.choice((1, 1, 2, 7))}
        if number % 3 == 0:
            await database["products"].update_one({"_id": each, "stock": 1}, {"$set": {"held": 1}})
        if number % 9 == 0:
            change |= {"disabled": True, "shelves": None}
        if number % 31 == 0:
            change |= {"deleted_at": ObjectId().generation_time, "published": False, "shelves": None}
        await database["products"].update_one({"_id": each}, {"$set": change})
    while await shelve(database, 500):
        pass


def lets_through(filters: Filters, row: dict[str, Any]) -> bool:
    """Whether a filter's plain meaning holds for a product."""
    if row.get("deleted_at"):
        return False
    hidden, disabled = not row["published"], row["disabled"]
    if not filters.managing and (hidden or disabled):
        return False
    available = row["stock"] - row["held"]
    states = {
        None: True,
        "on_show": not hidden and not disabled,
        "hidden": hidden,
        "disabled": disabled,
        "low": available <= row["threshold"],
        "out": available <= 0,
    }
    path, category = row["category"], filters.category
    return (
        states[filters.state]
        and (category is None or path == category or path.startswith(f"{category}/"))
        and filters.seller_id in {None, str(row["seller_id"])}
        and (filters.min_price or 0) <= row["price"] <= (filters.max_price or 10**12)
        and filters.in_stock in {None, available > 0}
    )


def place_of(sort: Sort, row: dict[str, Any]) -> Any:
    """Return what a product is sorted by, from the first to the last."""
    age = int(str(row["_id"]), 16)
    match sort:
        case "price":
            return row["price"], age
        case "-price":
            return -row["price"], -age
        case "popular":
            return -row["popularity"], -age
        case "name":
            return NAMES.index(row["name"]), age
    return -age


async def expected(database: Database, filters: Filters, sort: Sort) -> list[str]:
    """Reckon a whole list."""
    rows = [row async for row in database["products"].find() if lets_through(filters, row)]
    return [str(row["_id"]) for row in sorted(rows, key=lambda row: place_of(sort, row))]


async def walk(read: Callable[[Position | None], Any], between: Callable[[], Any] | None = None) -> list[str]:
    """Read on until there is no more; ``between`` is done between two pages."""
    found: list[str] = []
    after: Position | None = None
    while True:
        page: Page = await read(after)
        found += [listing.product.id for listing in page.listings]
        if page.next is None:
            return found
        after = page.next
        if between:
            await between()


FILTERS = (
    Filters(),
    Filters(category="home"),
    Filters(category="home/decor"),
    Filters(category="Home"),
    Filters(category=".*"),
    Filters(seller_id=SELLERS[0]),
    Filters(seller_id=SELLERS[1], category="home"),
    Filters(min_price=200),
    Filters(max_price=200),
    Filters(min_price=200, max_price=999, category="home"),
    Filters(min_price=900, max_price=100),
    Filters(in_stock=True),
    Filters(in_stock=False),
    Filters(in_stock=True, min_price=200, max_price=5000, seller_id=SELLERS[2], category="home"),
)
MANAGED = tuple(
    Filters(managing=True, seller_id=seller, state=state)
    for seller in (None, SELLERS[0])
    for state in (None, "on_show", "hidden", "disabled", "low", "out")
)


@both_drivers
async def test_every_filter_with_every_sort_pages_through_all_that_fits(
    lists: Lists, driver: Driver, database: Database
):
    """In order, nothing twice, nothing lost, whatever the size of a page."""
    await fill(driver, database, 250)
    for filters in FILTERS:
        for sort in SORTS:
            whole = await expected(database, filters, sort)
            for limit in (7, 100):
                found = await walk(lambda after: lists.page(filters, sort, limit=limit, after=after))  # noqa: B023
                assert found == whole, (filters, sort, limit)
    for filters in MANAGED:
        found = await walk(lambda after: lists.page(filters, "newest", limit=7, after=after))  # noqa: B023
        assert found == await expected(database, filters, "newest"), filters


@pytest.mark.parametrize("sort", SORTS)
async def test_bounded_reading_loses_nothing(
    lists: Lists, driver: Driver, database: Database, sort: Sort, monkeypatch: pytest.MonkeyPatch
):
    """Pages are short where few of many fit, and the list is whole all the same."""
    monkeypatch.setattr(module, "MOST_SCANNED", 20)
    monkeypatch.setattr(module, "FEW", 30)
    await fill(driver, database, 250)
    for filters in (
        Filters(in_stock=True),
        Filters(in_stock=False, min_price=999),
        Filters(min_price=200, max_price=300),
    ):
        found = await walk(lambda after: lists.page(filters, sort, limit=15, after=after))  # noqa: B023
        assert found == await expected(database, filters, sort), filters


@pytest.mark.parametrize("sort", SORTS)
async def test_changes_between_two_readings_of_a_page_lose_nothing_else(
    driver: Driver, database: Database, sort: Sort, monkeypatch: pytest.MonkeyPatch
):
    """Products leave a list that is read in bounded parts, after each question that is asked for a page."""
    monkeypatch.setattr(module, "MOST_SCANNED", 40)
    monkeypatch.setattr(module, "FEW", 1)
    await fill(driver, database, 250)
    dice, gone = random.Random(5), set[str]()
    every = await expected(database, Filters(), sort)
    few = {"$nin": [ObjectId(each) for each in dice.sample(every, 40)]}
    await database["products"].update_many({"_id": few}, {"$set": {"stock": 0, "held": 0}})
    for filters in (Filters(in_stock=True), Filters(min_price=5000)):
        whole = await expected(database, filters, sort)

        class Stirred:
            """A driver after each of whose readings something leaves the lists."""

            async def aggregate(self, *args: Any, **options: Any) -> Any:
                rows = await driver.aggregate(*args, **options)
                taken = dice.sample(every, 4)
                gone.update(taken)
                ids = [ObjectId(each) for each in taken]
                await database["products"].update_many({"_id": {"$in": ids}}, {"$set": {"shelves": []}})
                return rows

        lists = Lists(Stirred(), database)  # type: ignore[arg-type]
        for limit in (3, 9):
            found = await walk(lambda after: lists.page(filters, sort, limit=limit, after=after))  # noqa: B023
            assert [each for each in found if each not in gone] == [each for each in whole if each not in gone]


@pytest.mark.parametrize("sort", SORTS)
async def test_what_another_program_wrote_is_in_no_list_before_it_is_on_its_shelves(
    lists: Lists, driver: Driver, database: Database, sort: Sort
):
    """It may lack what lists are sorted by, or all of it; the others are listed as ever."""
    await fill(driver, database, 60)
    whole = await expected(database, Filters(), sort)
    ids = [ObjectId(each) for each in whole]
    lacking = (["popularity"], ["price_now"], ["popularity", "price_now"], ["shelves", "popularity"], ["shelves"])
    for number, names in enumerate(lacking):
        some = {"_id": {"$in": ids[number::9]}}
        await database["products"].update_many(some, {"$unset": dict.fromkeys(names, "")})
    changed = {str(each) for number in range(len(lacking)) for each in ids[number::9]}
    for read in (lists.page, partial(lists.sorted, whole)):
        found = await walk(lambda after: read(Filters(), sort, limit=4, after=after))  # noqa: B023
        assert [each for each in found if each not in changed] == [each for each in whole if each not in changed]
    assert await shelve(database, 7)
    while await shelve(database, 7):
        pass
    found = await walk(lambda after: lists.page(Filters(), sort, limit=4, after=after))
    assert found == await expected(database, Filters(), sort)
    assert await database["products"].count_documents({"shelves": "all", "popularity": {"$ne": 0}})


async def test_what_lacks_something_is_found_without_reading_all(database: Database, driver: Driver):
    """It is looked for twice a second."""
    await fill(driver, database, 200)
    find = {"find": "products", "filter": LACKING, "limit": 500}
    found, stats = await plan_of(database, find)
    assert "COLLSCAN" not in found
    assert stats["totalDocsExamined"] == 0


@pytest.mark.parametrize("sort", SORTS)
async def test_changes_between_pages_neither_repeat_nor_lose_the_others(
    lists: Lists, driver: Driver, database: Database, sort: Sort
):
    """Products move, come and go between two pages; whatever did not change is seen once."""
    await fill(driver, database, 200)
    filters, dice, touched = Filters(category="home"), random.Random(7), set[str]()
    whole = await expected(database, filters, sort)

    async def stir() -> None:
        for each in dice.sample(whole, 3):
            touched.add(each)
            change = {"price_now": dice.randint(1, 9000), "popularity": dice.randint(0, 9), "name": dice.choice(NAMES)}
            if dice.random() < 0.3:
                change["shelves"] = []
            await database["products"].update_one({"_id": ObjectId(each)}, {"$set": change})
        touched.update(await Products(driver, database).add([entry(dice, category="home")] * 2, "seller"))

    found = await walk(lambda after: lists.page(filters, sort, limit=9, after=after), stir)
    assert [each for each in found if each not in touched] == [each for each in whole if each not in touched]


@pytest.mark.parametrize("sort", SORTS)
async def test_chosen_products_are_filtered_and_sorted_alike(
    lists: Lists, driver: Driver, database: Database, sort: Sort
):
    """What a search found goes through the same filters."""
    await fill(driver, database, 150)
    ids = [str(row["_id"]) async for row in database["products"].find({}, {"_id": 1})]
    random.Random(3).shuffle(ids)
    for filters in (*FILTERS, *MANAGED):
        found = await walk(lambda after: lists.sorted(ids, filters, sort, limit=11, after=after))  # noqa: B023
        assert found == await expected(database, filters, sort), filters
        chosen = [each.product.id for each in await lists.chosen(ids, filters)]
        assert chosen == [each for each in ids if each in set(found)]


@dataclass
class Overheard(monitoring.CommandListener):
    """What was asked of the server about some collections."""

    of: tuple[str, ...] = ("products",)
    commands: list[dict[str, Any]] = field(default_factory=list)

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Keep what concerns them."""
        first = next(iter(event.command), "")  # what signs in is not shown
        if first in {"find", "aggregate", "update"} and event.command[first] in self.of:
            kept = {name: value for name, value in event.command.items() if name not in {"lsid", "txnNumber"}}
            self.commands.append({name: value for name, value in kept.items() if not name.startswith("$")})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to keep."""


@pytest.fixture
async def overheard(mongo_uri: str, database: Database) -> AsyncIterator[tuple[Lists, Overheard]]:
    """Open the lists with somebody listening."""
    listener = Overheard()
    driver = Driver(mongo_uri, "motor", event_listeners=[listener])
    yield Lists(driver, driver.client[database.name]), listener
    await driver.close()


async def plan_of(database: Database, command: dict[str, Any]) -> tuple[set[str], dict[str, int]]:
    """Return the stages of a question's plan, and what it examines."""
    told: Any = await database.command("explain", {**command, "cursor": {}} if "aggregate" in command else command)
    whole = told["stages"][0]["$cursor"] if "stages" in told else told
    winning = whole["queryPlanner"]["winningPlan"]
    return stages(winning.get("queryPlan", winning)), whole["executionStats"]


async def test_no_list_reads_or_sorts_the_collection(
    overheard: tuple[Lists, Overheard], driver: Driver, database: Database
):
    """Every listed question goes by an index that gives its order; of few prices, few are sorted."""
    lists, listener = overheard
    await fill(driver, database, 2500, published=True)
    await fill(driver, database, 40, seed=2, price=77)
    deep = {
        "price": Position(200, str(ObjectId())),
        "-price": Position(300, str(ObjectId())),
        "newest": Position(None, str(ObjectId())),
        "popular": Position(1, str(ObjectId())),
        "name": Position("banana", str(ObjectId())),
    }
    narrow = Filters(min_price=50, max_price=80)
    for filters in (*FILTERS, narrow):
        for sort in SORTS:
            for after in (None, deep[sort]):
                listener.commands.clear()
                await lists.page(filters, sort, limit=50, after=after)
                for command in listener.commands:
                    await check_plan(database, command, filters, sort)
    for filters in MANAGED:
        listener.commands.clear()
        await lists.page(filters, "newest", limit=50, after=None)
        for command in listener.commands:
            await check_plan(database, command, filters, "newest")


async def check_plan(database: Database, command: dict[str, Any], filters: Filters, sort: Sort) -> None:
    """Assert that a question is answered by an index, with bounded work."""
    found, stats = await plan_of(database, command)
    what = (filters, sort, command, found)
    assert "COLLSCAN" not in found, what
    few = filters.is_priced and sort in {"newest", "popular", "name"}
    assert few or "SORT" not in found, what
    simple = not filters.is_priced and filters.in_stock is None and not filters.managing
    most = 60 if simple else max(FEW, MOST_SCANNED) + 60
    assert stats["totalKeysExamined"] <= most, what
    assert stats["totalDocsExamined"] <= most, what


async def test_the_index_is_told_all_but_the_deleted(driver: Driver, database: Database):
    """In portions by id, with the places in which each stands."""
    await fill(driver, database, 60)
    findables = Findables(database)
    found, after = [], None
    while rows := await findables.findable(after=after, limit=7):
        found += rows
        after = rows[-1].id
    assert len(found) == 60
    alive = {each.id for each in found if each.places}
    deleted = {str(row["_id"]) async for row in database["products"].find({"deleted_at": {"$ne": None}})}
    assert alive == {each.id for each in found} - deleted
    assert {each.id for each in await findables.findable_of([each.id for each in found])} == alive
