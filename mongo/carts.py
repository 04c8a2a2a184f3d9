"""Reading carts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bson import ObjectId

from models.cart import Cart, OverdueCart
from models.identity import OwnerId
from mongo import documents
from mongo.driver import Database, Document, Driver
from mongo.schema import FILLED

# The range is a constant for the planner once $$NOW is bound, so the index on expires_at serves it.
OVERDUE: Document = {"expires_at": {"$type": "date"}, "$expr": {"$lte": ["$expires_at", "$$NOW"]}}


class Carts:
    """The carts, as the database has them."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._carts = database["carts"]

    async def get(self, owner: OwnerId) -> Cart:
        """Return an owner's cart; one that was never stored is empty."""
        document = await self._carts.find_one({"_id": owner})
        return documents.cart_of(document) if document else Cart(owner)

    async def with_products(self, owners: Sequence[OwnerId], product_ids: Iterable[str]) -> Sequence[Cart]:
        """Return those of the owners' carts that have any of the products."""
        wanted = [ObjectId(product_id) for product_id in product_ids]
        query: Document = {"_id": {"$in": list(owners)}, "lines.product_id": {"$in": wanted}}
        rows = await self._carts.find(query).hint("_id_").to_list(None)
        return [documents.cart_of(row) for row in rows]

    async def overdue(self, limit: int) -> Sequence[OverdueCart]:
        """Return carts past their expiry by the database's clock, the oldest first."""
        late: Document = {"late": {"$subtract": ["$$NOW", "$expires_at"]}}
        found = self._carts.find(OVERDUE, late).sort("expires_at", 1).limit(limit)
        return [OverdueCart(OwnerId(row["_id"]), row["late"] / 1000) for row in await found.to_list(None)]

    async def next_releases(self, product_ids: Iterable[str]) -> Mapping[str, datetime]:
        """Return, for each of the products that carts hold, the earliest end of a hold."""
        wanted = [ObjectId(product_id) for product_id in product_ids]
        holding: Document = {"lines.product_id": {"$in": wanted}, "expires_at": {"$type": "date"}, **FILLED}
        pipeline: list[Document] = [
            {"$match": holding},
            {"$project": {"expires_at": 1, "lines.product_id": 1}},
            {"$unwind": "$lines"},
            {"$match": {"lines.product_id": {"$in": wanted}}},
            {"$group": {"_id": "$lines.product_id", "at": {"$min": "$expires_at"}}},
        ]
        rows = await self._driver.aggregate(self._carts, pipeline)
        return {str(row["_id"]): row["at"] for row in rows}
