"""A shop in a real database: products, ledgers on it, faults injected into its server, and a check of its books."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from bson import ObjectId

from ivorycart.ledger import Ledger
from models.commands import Command, PlaceOrder, SetLine
from models.identity import OwnerId
from mongo.driver import Database, Driver

both_drivers = pytest.mark.parametrize("driver", ["motor", "pymongo"], indirect=True)

ANNA = OwnerId("u:anna")
SELLER = ObjectId("5e11e05e11e05e11e05e11e0")


def buyer(number: int) -> OwnerId:
    """Name one of many."""
    return OwnerId(f"u:{number}")


async def add_product(database: Database, stock: int = 100, **fields: Any) -> str:
    """Put a product on the shelf, as an import does; return its id."""
    product = {
        "_id": ObjectId(),
        "name": "Tea",
        "price": 500,
        "currency": "EUR",
        "seller_id": SELLER,
        "stock": stock,
        "held": 0,
        "version": 0,
        "arming": 0,
        "threshold": 3,
        "max_per_cart": 500,
        **fields,
    }
    await database["products"].insert_one(product)
    return str(product["_id"])


def order(owner: OwnerId, key: str = "key", **changes: Any) -> PlaceOrder:
    """Ask for an order of what is in the cart."""
    values: dict[str, Any] = {"fingerprint": "f", "buyer_id": None, "email": "anna@shop.test", "address": None}
    values |= {"payment": None, "expected_total": None} | changes
    return PlaceOrder(owner, str(ObjectId()), key, **values)


async def ask(ledger: Ledger, *commands: Command[Any]) -> list[Any]:
    """Submit commands together; return outcomes and refusals in their order."""
    return await asyncio.gather(*map(ledger.submit, commands), return_exceptions=True)


async def buy(ledger: Ledger, owner: OwnerId, product_id: str, quantity: int = 1, **changes: Any) -> Any:
    """Put into the cart and order; return the outcome or raise the refusal."""
    await ledger.submit(SetLine(owner, product_id, quantity))
    return await ledger.submit(order(owner, **changes))


@asynccontextmanager
async def failing(driver: Driver, commands: str, mode: Any, **data: Any) -> AsyncIterator[None]:
    """Let the server fail some commands (its own ``failCommand`` fail point)."""
    point = {"failCommands": commands.split(), **data}
    await driver.client.admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": point})
    try:
        yield
    finally:
        await driver.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


async def check_books(database: Database) -> None:
    """Assert that levels are what their movements add up to, without gaps, and that carts hold what is held."""
    held: Counter[ObjectId] = Counter()
    async for cart in database["carts"].find({"expires_at": {"$ne": None}}):
        held.update({line["product_id"]: line["quantity"] for line in cart["lines"]})
    async for product in database["products"].find():
        logs = await database["inventory_logs"].find({"product_id": product["_id"]}).sort("version").to_list(None)
        assert [each["version"] for each in logs] == list(range(1, product["version"] + 1))
        for before, after in pairwise(logs):
            assert (before["new_stock"], before["new_held"]) == (after["old_stock"], after["old_held"])
        if logs:
            assert (logs[-1]["new_stock"], logs[-1]["new_held"]) == (product["stock"], product["held"])
        assert product["held"] == held[product["_id"]]
        assert 0 <= product["held"] <= product["stock"]


async def counted(database: Database, product_id: str) -> tuple[int, int]:
    """Return stock and held units of a product."""
    product: Any = await database["products"].find_one({"_id": ObjectId(product_id)})
    return product["stock"], product["held"]


async def sizes(database: Database) -> dict[str, int]:
    """Count orders, their purchases and their letters."""
    return {
        "orders": await database["orders"].count_documents({}),
        "purchases": await database["inventory_logs"].count_documents({"change_type": "purchase"}),
        "letters": await database["emails"].count_documents({}),
    }
