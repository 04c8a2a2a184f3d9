"""Popularity follows the orders of thirty days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from ivorycart import popularity as worker
from ivorycart.popularity import Popularity
from mongo.driver import Database, Driver
from mongo.popularity import SoldUnits
from tests.mongo.shop import add_product, both_drivers
from tests.mongo.test_carts import stages
from tests.mongo.test_finding import Overheard

NOW = datetime.now(UTC)


async def sell(database: Database, lines: dict[str, int], age: float = 1, status: str = "placed") -> None:
    """Write an order of some days ago."""
    at = NOW - timedelta(days=age)
    number = ObjectId(ObjectId.from_datetime(at).binary[:4] + ObjectId().binary[4:])
    row: Any = {"_id": number, "owner": "u:1", "order_key": str(number), "total_amount": 1, "buyer_id": None}
    row["product_list"] = [{"product_id": ObjectId(each), "quantity": units} for each, units in lines.items()]
    await database["orders"].insert_one(row | {"status": status, "timestamp": at})


async def round_of(popularity: Popularity) -> int:
    """Do a whole round; return its steps."""
    steps = 1
    while await popularity.step():
        steps += 1
    return steps


async def popular(database: Database) -> dict[str, int | None]:
    """Read what is written."""
    return {str(row["_id"]): row.get("popularity") async for row in database["products"].find()}


@both_drivers
async def test_units_of_thirty_days_count(driver: Driver, database: Database):
    """Whatever is not paid, cancelled, refunded or older does not; what sells no more goes back to nothing."""
    tea, pot, cup = [await add_product(database) for _ in range(3)]
    await database["products"].update_one({"_id": ObjectId(cup)}, {"$set": {"popularity": 9}})
    await sell(database, {tea: 2, pot: 1})
    await sell(database, {tea: 3}, age=29, status="delivered")
    await sell(database, {tea: 50}, age=31)
    for status in ("pending", "cancelled", "refunded"):
        await sell(database, {pot: 70}, status=status)
    popularity = Popularity(SoldUnits(driver, database))
    await round_of(popularity)
    assert await popular(database) == {tea: 5, pot: 1, cup: 0}
    await sell(database, {cup: 4})
    assert not await popularity.step()  # it rests
    assert (await popular(database))[cup] == 0
    popularity = Popularity(SoldUnits(driver, database), pause=0)
    await round_of(popularity)
    await database["orders"].update_many({}, {"$set": {"status": "cancelled"}})
    await round_of(popularity)
    assert set((await popular(database)).values()) == {0}


async def test_a_round_goes_in_small_steps(driver: Driver, database: Database, monkeypatch: pytest.MonkeyPatch):
    """However many orders and products there are; each counts once."""
    monkeypatch.setattr(worker, "ORDERS_AT_ONCE", 7)
    monkeypatch.setattr(worker, "PRODUCTS_AT_ONCE", 4)
    ids = [await add_product(database) for _ in range(20)]
    for number in range(28):
        await sell(database, {ids[number % 20]: 1})
    assert await round_of(Popularity(SoldUnits(driver, database))) > 28 // 7 + 20 // 4
    found = await popular(database)
    assert [found[each] for each in ids] == [2] * 8 + [1] * 12


async def test_nothing_is_written_that_is_right_already(mongo_uri: str, database: Database):
    """And orders are read by an index."""
    await sell(database, {await add_product(database): 2})
    listener = Overheard(of=("orders", "products"))
    driver = Driver(mongo_uri, "motor", event_listeners=[listener])
    await round_of(Popularity(SoldUnits(driver, driver.client[database.name])))
    assert [each for each in listener.commands if "update" in each]
    for command in listener.commands:
        if "update" not in command:
            told: Any = await database.command("explain", command)
            whole = told["stages"][0]["$cursor"] if "stages" in told else told
            winning = whole["queryPlanner"]["winningPlan"]
            assert "IXSCAN" in stages(winning.get("queryPlan", winning)) or "products" in command.values()
    listener.commands.clear()
    await round_of(Popularity(SoldUnits(driver, driver.client[database.name])))
    assert not [each for each in listener.commands if "update" in each]
    await driver.close()
