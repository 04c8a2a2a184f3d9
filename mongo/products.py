"""Reading and adding catalogue entries, and reading their movements. Levels change in the ledger alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.catalogue import Listing
from models.errors import Conflict
from models.stock import ChangeType, Level, Movement
from mongo import documents
from mongo.driver import Database, Document, Driver

_SHOWN: Document = {"published": {"$ne": False}, "disabled": {"$ne": True}}


class Products:
    """The catalogue, as the database has it."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._products = database["products"]
        self._logs = database["inventory_logs"]
        self._database = database

    async def get(self, product_id: str) -> Listing | None:
        """Return one entry, on show or not."""
        document = await self._products.find_one({"_id": ObjectId(product_id)})
        return documents.listing_of(document) if document else None

    async def by_sku(self, sku: str) -> Listing | None:
        """Return the entry with a seller's stock-keeping unit."""
        document = await self._products.find_one({"sku": sku})
        return documents.listing_of(document) if document else None

    async def page(self, *, limit: int, after: str | None, category: str | None) -> Sequence[Listing]:
        """Return a page of what is on show, oldest first, after an id."""
        query: Document = dict(_SHOWN)
        if after:
            query["_id"] = {"$gt": ObjectId(after)}
        if category:
            query["category"] = {"$gte": category, "$lt": category + "\uffff"}
        rows = await self._products.find(query).sort("_id", 1).limit(limit).to_list(None)
        return [documents.listing_of(row) for row in rows]

    async def categories(self) -> Mapping[str, int]:
        """Return how many products on show each category has."""
        pipeline: list[Document] = [
            {"$match": _SHOWN},
            {"$group": {"_id": "$category", "count": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ]
        rows = await self._driver.aggregate(self._products, pipeline)
        return {row["_id"]: row["count"] for row in rows}

    async def movements(self, product_id: str, *, limit: int, before: int | None) -> Sequence[Mapping[str, Any]]:
        """Return movements of a product, newest first, before a version."""
        query: Document = {"product_id": ObjectId(product_id)}
        if before is not None:
            query["version"] = {"$lt": before}
        rows = await self._logs.find(query).sort("version", -1).limit(limit).to_list(None)
        return [documents.movement_of(row) for row in rows]

    async def add(self, entries: Iterable[Mapping[str, Any]], actor: str) -> list[str]:
        """Add entries with their opening stock, each a first movement; return their ids. All or none."""
        rows = [_entry(entry) for entry in entries]
        session = await self._driver.start_session()
        try:
            await self._driver.start_transaction(session)
            now = await self._now(session)
            await self._products.insert_many([{**row, "created_at": now} for row in rows], session=session)
            opening = [documents.movement_document(_opening(row, actor, now)) for row in rows if row["stock"]]
            if opening:
                await self._logs.insert_many(opening, session=session)
            await session.commit_transaction()
        except DuplicateKeyError as error:
            raise Conflict("a product with this SKU exists already") from error
        finally:
            await session.end_session()
        return [str(row["_id"]) for row in rows]

    async def _now(self, session: Any) -> Any:
        row = await self._database["meta"].find_one({"_id": "schema"}, {"now": "$$NOW"}, session=session)
        return row["now"] if row else None


def _entry(entry: Mapping[str, Any]) -> Document:
    return {
        "_id": ObjectId(),
        **entry,
        "seller_id": ObjectId(entry["seller_id"]),
        "held": 0,
        "version": 1 if entry["stock"] else 0,
        "arming": 0,
        "published": entry.get("published", True),
        "disabled": False,
    }


def _opening(row: Document, actor: str, now: Any) -> Movement:
    level = Level(row["stock"], 0, 1, 0)
    product_id = str(row["_id"])
    return Movement(product_id, 1, ChangeType.RESTOCK, 0, level.stock, 0, 0, "opening stock", actor, product_id, now)
