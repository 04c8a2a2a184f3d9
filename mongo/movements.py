"""The history of stock: movements of a product by version, and what came and went of all of a seller's by time.

Holds and their ends are the most of all movements and say nothing of what is on hand: they do not carry the seller, so
the index by seller costs them nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from bson import ObjectId

from models.errors import Invalid
from mongo import documents
from mongo.driver import Database, Document

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Wanted(Protocol):
    """Which movements are wanted."""

    @property
    def product_id(self) -> str | None: ...  # noqa: D102

    @property
    def seller_id(self) -> str | None: ...  # noqa: D102

    @property
    def change_type(self) -> str | None: ...  # noqa: D102

    @property
    def since(self) -> datetime | None: ...  # noqa: D102

    @property
    def before(self) -> datetime | None: ...  # noqa: D102

    @property
    def actor(self) -> str | None: ...  # noqa: D102


class Movements:
    """Movements, and the names of those who made them."""

    def __init__(self, database: Database) -> None:
        self._logs = database["inventory_logs"]
        self._users = database["users"]

    async def of_product(self, wanted: Wanted, *, limit: int, after: int | None) -> Sequence[Mapping[str, Any]]:
        """Return movements of a product, newest first, before a version."""
        query: Document = {"product_id": ObjectId(wanted.product_id), **_filter(wanted)}
        if after is not None:
            query["version"] = {"$lt": after}
        rows = await self._logs.find(query).sort("version", -1).limit(limit).to_list(None)
        return [documents.movement_of(row) for row in rows]

    async def of_seller(self, wanted: Wanted, *, limit: int, after: str | None) -> Sequence[Mapping[str, Any]]:
        """Return what came and went of a seller's products, newest first, after a cursor."""
        # The type is named because the index has only those with a seller: without it, the server reads them all.
        seller: Document = {"$eq": ObjectId(wanted.seller_id), "$type": "objectId"}
        query: Document = {"seller_id": seller, **_filter(wanted)}
        if after is not None:
            at, number = _position(after)
            query["timestamp"] = {**query.get("timestamp", {}), "$lte": at}
            query["$or"] = [{"timestamp": {"$lt": at}}, {"_id": {"$lt": number}}]
        rows = await self._logs.find(query).sort([("timestamp", -1), ("_id", -1)]).limit(limit).to_list(None)
        return [{**documents.movement_of(row), "cursor": _cursor(row)} for row in rows]

    async def names(self, user_ids: Iterable[str]) -> Mapping[str, str]:
        """Return the names of those accounts that there are."""
        ids = [ObjectId(each) for each in user_ids if ObjectId.is_valid(each)]
        rows = await self._users.find({"_id": {"$in": ids}}, {"name": 1}).to_list(None)
        return {str(row["_id"]): row["name"] for row in rows}


def _filter(wanted: Wanted) -> Document:
    period = {"$gte": wanted.since, "$lt": wanted.before}
    period = {name: at for name, at in period.items() if at is not None}
    exact = {"change_type": wanted.change_type, "actor": wanted.actor}
    return {
        **({"timestamp": period} if period else {}),
        **{name: value for name, value in exact.items() if value is not None},
    }


def _cursor(row: Mapping[str, Any]) -> str:
    return f"{round((row['timestamp'] - _EPOCH).total_seconds() * 1000):x}-{row['_id']}"


def _position(cursor: str) -> tuple[datetime, ObjectId]:
    at, _, number = cursor.partition("-")
    try:
        return datetime.fromtimestamp(int(at, 16) / 1000, UTC), ObjectId(number)
    except (ValueError, OverflowError, OSError) as error:
        raise Invalid("the request is not valid", errors=[{"pointer": "/after", "detail": "is no cursor"}]) from error
