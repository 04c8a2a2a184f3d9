"""Reading orders, and settling their payments."""

from collections.abc import Sequence
from typing import Any

from bson import ObjectId
from pymongo import UpdateMany, UpdateOne

from models.order import Order, OrderStatus, PutOff, Unsettled
from mongo import documents
from mongo.driver import Database, Document, Driver

# A payment that was never put off has no `due`, which is less than any date.
DUE: Document = {"state": "authorised", "$expr": {"$lte": ["$due", "$$NOW"]}}
BY_DUE: Document = {"due": 1, "created_at": 1}
_FIELDS: Document = dict.fromkeys(("provider", "provider_id", "amount", "tries"), 1)


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
        """Return authorised payments that are due: those not tried yet first, each group oldest first."""
        pipeline: list[Document] = [
            {"$match": DUE},
            {"$sort": BY_DUE},
            {"$limit": limit},
            {"$lookup": {"from": "orders", "localField": "order_id", "foreignField": "_id", "as": "order"}},
            {"$project": {**_FIELDS, "status": {"$first": "$order.status"}}},
        ]
        rows = await self._driver.aggregate(self._payments, pipeline)
        return [_unsettled(row) for row in rows]

    async def settled(self, captured: Sequence[Unsettled], voided: Sequence[Unsettled]) -> None:
        """Note what was captured and voided; what somebody else noted before stays as it is."""
        over: Document = {"$unset": ["due", "flagged", "error"]}
        taken: list[Document] = [{"$set": {"state": "captured", "captured": "$amount", "updated_at": "$$NOW"}}, over]
        let_go: list[Document] = [{"$set": {"state": "voided", "updated_at": "$$NOW"}}, over]
        writes = [
            UpdateMany({"_id": {"$in": [ObjectId(each.id) for each in group]}, "state": "authorised"}, change)
            for group, change in ((captured, taken), (voided, let_go))
            if group
        ]
        if writes:
            await self._payments.bulk_write(writes)

    async def put_off(self, failed: Sequence[PutOff]) -> None:
        """Note what could not be settled, and when it is due again by the database's clock; its state stays."""
        writes = [
            UpdateOne({"_id": ObjectId(each.payment.id), "state": "authorised"}, _putting_off(each)) for each in failed
        ]
        if writes:
            await self._payments.bulk_write(writes)


def _putting_off(each: PutOff) -> list[Document]:
    milliseconds = int(each.pause.total_seconds() * 1000)
    fields: Document = {
        "tries": each.payment.tries + 1,
        "due": {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}},
        "flagged": each.flagged,
        "error": {"$literal": each.reason},
        "updated_at": "$$NOW",
    }
    return [{"$set": fields}]


def _unsettled(row: dict[str, Any]) -> Unsettled:
    return Unsettled(
        id=str(row["_id"]),
        provider=str(row.get("provider")),  # the one field that no validator vouches for
        provider_id=row["provider_id"],
        amount=row["amount"],
        tries=row.get("tries", 0),
        cancelled=row.get("status") in {None, OrderStatus.CANCELLED.value},  # without an order nobody pays
    )
