"""Reading orders, and settling their payments."""

from collections.abc import Sequence
from typing import Any

from bson import ObjectId
from pymongo import UpdateMany

from models.order import Order, OrderStatus, Unsettled
from mongo import documents
from mongo.driver import Database, Document, Driver


class Orders:
    """The orders, as the database has them."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]

    async def get(self, order_id: str) -> Order | None:
        """Return an order."""
        document = await self._orders.find_one({"_id": ObjectId(order_id)})
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


class Payments:
    """The payments, as far as settling needs them."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._payments = database["payments"]

    async def unsettled(self, limit: int) -> Sequence[Unsettled]:
        """Return authorised payments, oldest first."""
        pipeline: list[Document] = [
            {"$match": {"state": "authorised"}},
            {"$sort": {"created_at": 1}},
            {"$limit": limit},
            {"$lookup": {"from": "orders", "localField": "order_id", "foreignField": "_id", "as": "order"}},
            {"$project": {"provider": 1, "provider_id": 1, "amount": 1, "status": {"$first": "$order.status"}}},
        ]
        rows = await self._driver.aggregate(self._payments, pipeline)
        return [_unsettled(row) for row in rows]

    async def settled(self, captured: Sequence[Unsettled], voided: Sequence[Unsettled]) -> None:
        """Note what was captured and voided; what somebody else noted before stays as it is."""
        taken: list[Document] = [{"$set": {"state": "captured", "captured": "$amount", "updated_at": "$$NOW"}}]
        let_go: list[Document] = [{"$set": {"state": "voided", "updated_at": "$$NOW"}}]
        writes = [
            UpdateMany({"_id": {"$in": [ObjectId(each.id) for each in group]}, "state": "authorised"}, change)
            for group, change in ((captured, taken), (voided, let_go))
            if group
        ]
        if writes:
            await self._payments.bulk_write(writes)


def _unsettled(row: dict[str, Any]) -> Unsettled:
    return Unsettled(
        id=str(row["_id"]),
        provider=row["provider"],
        provider_id=row["provider_id"],
        amount=row["amount"],
        cancelled=row.get("status") in {None, OrderStatus.CANCELLED.value},  # without an order nobody pays
    )
