"""A running shop's database, read and written as another program would: past the server."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bson import ObjectId

from bench.shop.running import RunningShop
from models.identity import owner_of_session
from mongo.audit import audit
from mongo.driver import Database, Document, Driver
from mongo.embedded import running_uri
from mongo.products import Products


def new_product(stock: int, **fields: Any) -> Document:
    """Return a product as an import brings it, with its opening stock; `fields` override."""
    return {
        "name": f"Tea {ObjectId()}",
        "description": "Loose leaves.",
        "price": 500,
        "currency": "EUR",
        "category": "pantry/tea",
        "tags": [],
        "stock": stock,
        "threshold": 3,
        "max_per_cart": 500,
        "seller_id": str(ObjectId()),
        "images": [],
        **fields,
    }


AT_ONCE = 1000  # products of one transaction; ten times as many do not fit into the cache of a small server


async def add_many(driver: Driver, database: Database, rows: Sequence[Document], actor: str) -> list[str]:
    """Add products in portions; return their ids in order."""
    products = Products(driver, database)
    portions = [rows[first : first + AT_ONCE] for first in range(0, len(rows), AT_ONCE)]
    return [product_id for portion in portions for product_id in await products.add(portion, actor)]


class Books:
    """Direct access to the collections, and the audit."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self.driver = driver
        self.database = database

    def __getitem__(self, collection: str) -> Any:
        """Return a collection."""
        return self.database[collection]

    async def add_product(self, stock: int = 100, **fields: Any) -> str:
        """Add a product with its opening stock, as an import does; return its id."""
        return (await Products(self.driver, self.database).add([new_product(stock, **fields)], "import"))[0]

    async def product(self, product_id: str) -> Document:
        """Return a product's document."""
        found: Document = await self["products"].find_one({"_id": ObjectId(product_id)})
        return found

    async def change_product(self, product_id: str, change: Document) -> None:
        """Write to a product behind the server's back."""
        written = await self["products"].update_one({"_id": ObjectId(product_id)}, change)
        assert written.matched_count == 1

    async def movements(self, product_id: str, **query: Any) -> list[Document]:
        """Return a product's movements, oldest first."""
        wanted = {"product_id": ObjectId(product_id), **query}
        rows: list[Document] = await self["inventory_logs"].find(wanted).sort("version", 1).to_list(None)
        return rows

    async def cart(self, session: str) -> Document | None:
        """Return the cart of an anonymous session; None where nothing was ever stored of it."""
        found: Document | None = await self["carts"].find_one({"_id": owner_of_session(session)})
        return found

    async def leases(self) -> dict[str, str]:
        """Return which process runs which worker."""
        return {row["_id"]: row["owner"] for row in await self["leases"].find().to_list(None)}

    async def check(self) -> None:
        """Assert that the audit finds nothing."""
        result = await audit(self.driver, self.database)
        assert result.ok, result.findings


@asynccontextmanager
async def open_books(shop: RunningShop) -> AsyncIterator[Books]:
    """Open the database that a shop runs on."""
    uri = shop.settings.get("MONGODB_URI") or running_uri(shop.data_dir)
    assert uri, "the shop is not running"
    driver = Driver(uri)
    try:
        yield Books(driver, driver.client[shop.settings.get("MONGODB_DATABASE", "ivorycart")])
    finally:
        await driver.close()
