"""A restock of everything at once: everybody ends up equal to the database, and carts go on meanwhile."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bench.shop.books import add_many
from bench.shop.ledger import running_ledger
from models.commands import Restock
from models.identity import owner_of_user
from mongo.driver import Database, Driver
from mongo.schema import migrate
from tests.system.conftest import Measured, Meet, OpenShop
from tests.visitor import Visitor

PRODUCTS = 10_000
PATIENCE = 120.0
Levels = dict[str, tuple[int, int, int]]  # stock, held, version
Bulk = Callable[[Driver, Database, list[str]], Awaitable[None]]


async def by_another_program(_driver: Driver, database: Database, _ids: list[str]) -> None:
    """Restock all in one go, without versions or movements."""
    await database["products"].update_many({}, {"$inc": {"stock": 7}})


async def by_another_process(driver: Driver, database: Database, ids: list[str]) -> None:
    """Restock each by a command, as a second server would."""
    async with running_ledger(driver, database, "another") as ledger:
        actor = owner_of_user("5e11e05e11e05e11e05e11e0")
        for begin in range(0, len(ids), 1000):
            commands = [Restock(each, 7, actor, "delivery", None) for each in ids[begin : begin + 1000]]
            await asyncio.gather(*map(ledger.submit, commands))


@pytest.mark.parametrize("restock", [by_another_program, by_another_process])
async def test_a_restock_of_ten_thousand_products_reaches_everybody_while_carts_are_filled(
    open_shop: OpenShop, one_database: dict[str, str], driver: Driver, meet: Meet, restock: Bulk, measured: Measured
) -> None:
    """Who hears everything gets all levels, far more than a snapshot has; who watches something gets just that."""
    database = driver.client[one_database["MONGODB_DATABASE"]]
    await migrate(database, "test")
    ids = await add_many(driver, database, [_entry(number) for number in range(PRODUCTS)], "import")
    shop = await open_shop(**one_database)
    watched = set(ids[5_000:5_100])
    ada, all_hearing, watching = await meet(shop), await meet(shop), await meet(shop, watch=sorted(watched))
    snapshot = await all_hearing.hear("stock:snapshot")
    assert (len(snapshot["items"]), snapshot["complete"], snapshot["gap"]) == (1000, False, False)
    assert (await watching.hear("stock:snapshot"))["complete"] is True

    bulk = asyncio.create_task(restock(driver, database, ids))
    waits: list[float] = []
    while not bulk.done() or len(waits) < 10:
        asked, turn = time.monotonic(), len(waits)
        answer = await ada.ask("cart:set", {"product_id": ids[turn % 100], "quantity": 1 + turn % 3})
        assert answer["ok"], answer
        waits.append(1000 * (time.monotonic() - asked))
        await asyncio.sleep(0.1)  # below the limit of events per second
    await bulk
    waits.sort()
    for name, wait in (("p50", waits[len(waits) // 2]), ("p99", waits[len(waits) * 99 // 100]), ("max", waits[-1])):
        measured(f"ms until a cart:set was acked meanwhile, {name} of {len(waits)}", wait)

    rows = await database["products"].find().to_list(None)
    levels = {str(row["_id"]): (row["stock"], row["held"], row["version"]) for row in rows}
    assert {stock for stock, _, _ in levels.values()} == {107}
    for client in (ada, all_hearing):
        await _knows(client, levels)
    await _knows(watching, {each: levels[each] for each in watched})
    await driver.client.drop_database(database.name)


def _entry(number: int) -> dict[str, Any]:
    """Describe one of many products."""
    return {
        "name": f"Tea {number}",
        "description": "Loose leaves.",
        "price": 500,
        "currency": "EUR",
        "category": "pantry/tea",
        "tags": [],
        "stock": 100,
        "threshold": 3,
        "max_per_cart": 500,
        "seller_id": "5e11e05e11e05e11e05e11e0",
        "images": [],
    }


async def _knows(client: Visitor, wanted: Levels) -> None:
    """Wait until a client that keeps the highest version of each product has just these levels."""
    known: dict[str, Any] = {}
    read = 0
    async with asyncio.timeout(PATIENCE):
        while {name: (item["stock"], item["held"], item["version"]) for name, item in known.items()} != wanted:
            while read == len(client.heard):
                await asyncio.sleep(0.05)
            for event, payload in client.heard[read:]:
                read += 1
                for item in payload["items"] if event in {"stock", "stock:snapshot"} else ():
                    if item["version"] >= known.get(item["id"], item)["version"]:
                        known[item["id"]] = item
