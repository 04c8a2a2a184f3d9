"""The database's shape: the steps that lead there may be repeated, interrupted and started twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import DuplicateKeyError, WriteError

from mongo.driver import Database, Driver
from mongo.schema import INDEXES, STEPS, VALIDATORS, SchemaTooNew, _products_to_be_found, migrate
from tests.mongo.shop import SELLER, add_product


@pytest.fixture
async def bare(driver: Driver) -> AsyncIterator[Database]:
    """Make a database that nobody has migrated."""
    database = driver.client[f"bare_{ObjectId()}"]
    yield database
    await driver.client.drop_database(database.name)


class Steps:
    """Steps that count how often they ran, and of which one may crash."""

    def __init__(self, crash_at: int | None = None) -> None:
        self.ran: list[int] = []
        self.crash_at = crash_at

    def make(self, count: int) -> tuple[Any, ...]:
        """Return so many steps."""
        return tuple(self._step(number) for number in range(count))

    def _step(self, number: int) -> Any:
        async def step(database: Database) -> None:
            await database["things"].update_one({"_id": number}, {"$set": {"done": True}}, upsert=True)
            await asyncio.sleep(0.05)
            self.ran.append(number)
            if self.crash_at == number:
                self.crash_at = None
                raise RuntimeError("killed")

        return step


async def version_of(database: Database) -> int:
    """Read the version that is written down."""
    document: Any = await database["meta"].find_one({"_id": "schema"})
    return int(document["version"]) if document else 0


async def test_a_migrated_database_has_its_collections_indexes_and_validators(bare: Database) -> None:
    """All that is declared is there."""
    assert await migrate(bare, "me") == len(STEPS)
    collections = {each["name"]: each async for each in await _list(bare)}
    assert set(VALIDATORS) <= set(collections)
    for name, validator in VALIDATORS.items():
        assert collections[name]["options"].get("validator", {}) == validator
    for name, indexes in INDEXES.items():
        assert len(await bare[name].index_information()) == len(indexes) + 1


async def _list(database: Database) -> Any:
    listed: Any = database.list_collections()
    return await listed if asyncio.iscoroutine(listed) or asyncio.isfuture(listed) else listed


async def test_migrating_twice_does_the_work_once(bare: Database) -> None:
    """The second time there is nothing to do."""
    steps = Steps()
    assert await migrate(bare, "me", steps.make(3)) == 3
    assert await migrate(bare, "me", steps.make(3)) == 3
    assert steps.ran == [0, 1, 2]


async def test_the_real_steps_may_be_run_again(bare: Database) -> None:
    """A process died after a step and before its record."""
    await migrate(bare, "me")
    await bare["meta"].delete_one({"_id": "schema"})
    assert await migrate(bare, "me") == len(STEPS)


async def test_the_old_index_on_all_carts_is_replaced(bare: Database) -> None:
    """A database of the version before gets the index that leaves empty carts out, and loses the other."""
    await migrate(bare, "me", STEPS[:1])
    await bare["carts"].drop_index("filled")
    await bare["carts"].create_index("lines.product_id")
    await migrate(bare, "me")
    assert set(await bare["carts"].index_information()) == {"_id_", "filled", "expires_at_1"}


async def test_products_of_the_version_before_can_be_found(bare: Database) -> None:
    """They get what lists are sorted by, and lists of what is not on show; words have no index any more."""
    await migrate(bare, "me", STEPS[: STEPS.index(_products_to_be_found)])
    products = bare["products"]
    for name in ("by_price", "by_age", "by_popularity", "by_name"):
        await products.drop_index(name)
    await products.create_index([("shelves", 1), ("price_now", 1), ("_id", 1)])
    await products.create_index([("category", 1), ("price", 1)])
    await products.create_index([("name", "text"), ("description", "text"), ("tags", "text")], name="words")
    hidden = await add_product(bare, published=False, shelves=[], category="tea")
    shown = await add_product(bare, shelves=["all", "c:tea"], category="tea", price_now=5)
    await migrate(bare, "me")
    assert len(await products.index_information()) == len(INDEXES["products"]) + 1
    rows = {str(row["_id"]): row async for row in products.find()}
    assert {row["popularity"] for row in rows.values()} == {0}
    assert rows[hidden]["shelves"] == ["x:hidden", f"x:hidden/s:{SELLER}"]
    assert rows[shown]["shelves"] == ["all", "c:tea"]


async def test_products_of_before_are_put_on_their_shelves_and_their_skus_are_their_sellers(bare: Database) -> None:
    """Two sellers may have the same SKU afterwards; the indexes of before are gone."""
    await migrate(bare, "me", STEPS[:5])
    for name in await bare["products"].index_information():
        if name not in {"_id_", "words"}:
            await bare["products"].drop_index(name)
    await bare["products"].create_index("sku", unique=True, partialFilterExpression={"sku": {"$type": "string"}})
    await bare["products"].create_index("seller_id")
    product = {"name": "Tea", "price": 500, "currency": "EUR", "stock": 1, "held": 0, "category": "tea", "sku": "A"}
    await bare["products"].insert_one(product | {"seller_id": ObjectId()})
    await migrate(bare, "me")
    (tea,) = await bare["products"].find().to_list(None)
    assert (tea["price_now"], tea["shelves"][:2], tea["price_changes_at"]) == (500, ["all", "c:tea"], None)
    await bare["products"].insert_one(product | {"seller_id": ObjectId(), "_id": ObjectId()})
    assert not {"sku_1", "seller_id_1"} & set(await bare["products"].index_information())


async def test_two_processes_that_start_at_once_do_the_work_once(bare: Database) -> None:
    """One works, the other waits."""
    steps = Steps()
    assert await asyncio.gather(*(migrate(bare, f"p{each}", steps.make(3)) for each in range(3))) == [3, 3, 3]
    assert steps.ran == [0, 1, 2]


async def test_a_new_step_is_the_only_one_that_is_run(bare: Database) -> None:
    """The program was upgraded."""
    steps = Steps()
    await migrate(bare, "me", steps.make(2))
    await migrate(bare, "me", steps.make(3))
    assert steps.ran == [0, 1, 2]


async def test_a_crash_between_a_step_and_its_record_repeats_the_step(bare: Database) -> None:
    """And another process may do so at once: the lease was given back."""
    steps = Steps(crash_at=1)
    with pytest.raises(RuntimeError):
        await migrate(bare, "p1", steps.make(3))
    assert await version_of(bare) == 1
    assert await migrate(bare, "p2", steps.make(3)) == 3
    assert steps.ran == [0, 1, 1, 2]


async def test_the_database_of_a_newer_program_is_refused(bare: Database) -> None:
    """And left as it is."""
    await migrate(bare, "me", Steps().make(3))
    with pytest.raises(SchemaTooNew):
        await migrate(bare, "me", Steps().make(2))
    assert await version_of(bare) == 3


async def test_the_database_itself_refuses_what_must_never_be(database: Database) -> None:
    """Whoever writes it: more held than there is, less than nothing, what is no whole number or no name."""
    for wrong in ({"held": 11}, {"stock": -1}, {"held": -1}, {"price": 1.5}, {"price": "5"}, {"name": None}):
        values: dict[str, Any] = {"stock": 10, **wrong}
        with pytest.raises(WriteError):
            await add_product(database, **values)


async def test_a_movement_has_its_version_alone(database: Database) -> None:
    """A gap or a repeat is a bug that the index shows."""
    row = {"product_id": ObjectId(), "version": 1, "new_held": 0, "new_stock": 0}
    await database["inventory_logs"].insert_one(dict(row))
    with pytest.raises(DuplicateKeyError):
        await database["inventory_logs"].insert_one(dict(row))


async def test_an_order_key_is_its_owners_once(database: Database) -> None:
    """On any process."""
    order = {"owner": "u:anna", "order_key": "key", "total_amount": 0}
    await database["orders"].insert_one(dict(order))
    with pytest.raises(DuplicateKeyError):
        await database["orders"].insert_one(dict(order))
    await database["orders"].insert_one(order | {"owner": "u:ben"})
