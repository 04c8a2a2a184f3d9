"""Reading orders."""

from collections.abc import Sequence

from bson import ObjectId

from models.identity import OwnerId
from models.order import Order
from mongo import documents
from mongo.driver import Database, Document


class Orders:
    """The orders, as the database has them."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]

    async def get(self, order_id: str) -> Order | None:
        """Return an order."""
        document = await self._orders.find_one({"_id": ObjectId(order_id)})
        return documents.order_of(document) if document else None

    async def of_key(self, owner: OwnerId, order_key: str) -> Order | None:
        """Return the order of a key, if there is one."""
        document = await self._orders.find_one({"owner": owner, "order_key": order_key})
        return documents.order_of(document) if document else None

    async def of_buyer(self, buyer_id: str, *, limit: int, after: str | None) -> Sequence[Order]:
        """Return a page of a buyer's orders, newest first, after an id."""
        # The type is named because the index has only orders with a buyer: without it, the server reads them all.
        query: Document = {"buyer_id": {"$eq": ObjectId(buyer_id), "$type": "objectId"}}
        if after:
            last = await self._orders.find_one({"_id": ObjectId(after), **query}, {"timestamp": 1})
            if last is None:
                return []
            at = last["timestamp"]
            query["$or"] = [{"timestamp": {"$lt": at}}, {"timestamp": at, "_id": {"$lt": ObjectId(after)}}]
        rows = await self._orders.find(query).sort([("timestamp", -1), ("_id", -1)]).limit(limit).to_list(None)
        return [documents.order_of(row) for row in rows]
