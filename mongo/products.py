"""Reading and adding catalogue entries, and reading their movements. Levels change in the ledger alone."""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from bson import ObjectId
from pymongo.errors import BulkWriteError, PyMongoError

from models.catalogue import Listing
from models.errors import Conflict, Pending, StorageUnavailable
from models.stock import ChangeType, Level, Movement
from mongo import documents
from mongo.driver import DUPLICATE_KEY, Database, Document, Driver, Session

MAX_RETRIES = 8  # with doubling pauses: one to two seconds
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
        document = await self._products.find_one({"_id": ObjectId(product_id), "deleted_at": None})
        return documents.listing_of(document) if document else None

    async def by_sku(self, sku: str) -> Listing | None:
        """Return the entry with a stock-keeping unit; Conflict where several sellers have such a one."""
        # The type is named because the index has only those that have one: without it, the server reads them all.
        found = await self._products.find({"sku": {"$eq": sku, "$type": "string"}}).limit(2).to_list(None)
        if len(found) > 1:
            raise Conflict("several sellers have this SKU: name the product by its id")
        return documents.listing_of(found[0]) if found else None

    async def these(self, product_ids: Sequence[str]) -> Sequence[Listing]:
        """Return those of the entries that are there, in their order."""
        query: Document = {"_id": {"$in": [ObjectId(each) for each in product_ids]}, "deleted_at": None}
        found = {str(row["_id"]): row for row in await self._products.find(query).to_list(None)}
        return [documents.listing_of(found[each]) for each in product_ids if each in found]

    async def owned(self, seller_id: str | None, *, limit: int, after: str | None) -> Sequence[Listing]:
        """Return a page of a seller's products, or of everyone's, on show or not, newest first, after an id."""
        query: Document = {"deleted_at": None}
        if seller_id:
            query["seller_id"] = ObjectId(seller_id)
        if after:
            query["_id"] = {"$lt": ObjectId(after)}
        rows = await self._products.find(query).sort("_id", -1).limit(limit).to_list(None)
        return [documents.listing_of(row) for row in rows]

    async def on_show(self, limit: int) -> Sequence[Listing]:
        """Return what is on show, oldest first."""
        rows = await self._products.find(_SHOWN).sort("_id", 1).limit(limit).to_list(None)
        return [documents.listing_of(row) for row in rows]

    async def add(self, entries: Iterable[Mapping[str, Any]], actor: str, ago: timedelta = timedelta()) -> list[str]:
        """Add entries with their opening stock, each a first movement, dated back; return their ids. All or none."""
        rows = [_entry(entry) for entry in entries]
        for attempt in count() if rows else ():
            try:
                await self._insert(rows, actor, ago)
                break
            except BulkWriteError as error:
                if not any(each["code"] == DUPLICATE_KEY for each in error.details["writeErrors"]):
                    raise
                raise Conflict("a product with this SKU exists already") from error
            except PyMongoError as error:
                # Two who add the same SKU at once are told of each other like this, too.
                if not error.has_error_label("TransientTransactionError"):
                    raise
                if attempt == MAX_RETRIES:
                    raise StorageUnavailable("the products could not be stored; nothing was done") from error
            await asyncio.sleep(random.random() * 0.01 * 2.0**attempt)  # noqa: S311 - jitter
        return [str(row["_id"]) for row in rows]

    async def _insert(self, rows: list[Document], actor: str, ago: timedelta) -> None:
        session = await self._driver.start_session()
        try:
            await self._driver.start_transaction(session)
            now = await self._now(session)
            then = now and now - ago
            await self._products.insert_many([_dated(row, now, then) for row in rows], session=session)
            opening = [documents.movement_document(_opening(row, actor, then)) for row in rows if row["stock"]]
            if opening:
                await self._logs.insert_many(opening, session=session)
            await _commit(session)
        finally:
            await session.end_session()

    async def _now(self, session: Any) -> Any:
        row = await self._database["meta"].find_one({"_id": "schema"}, {"now": "$$NOW"}, session=session)
        return row["now"] if row else None


async def _commit(session: Session) -> None:
    """Commit; while the answer is missing, ask again a few times."""
    for attempt in count():
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult"):
                raise
            if attempt == MAX_RETRIES:
                raise Pending("it is not known yet whether the products were added: look for them") from error
            await asyncio.sleep(random.random() * 0.01 * 2.0**attempt)  # noqa: S311 - jitter
        else:
            return


def _entry(entry: Mapping[str, Any]) -> Document:
    return {
        "_id": ObjectId(),
        **entry,
        "seller_id": ObjectId(entry["seller_id"]),
        "images": [documents.image_entry(image) for image in entry.get("images", ())],
        "discounts": [{"_id": ObjectId(), **discount} for discount in entry.get("discounts", ())],
        "held": 0,
        "popularity": 0,
        "version": 1 if entry["stock"] else 0,
        "arming": 0,
        "published": entry.get("published", True),
        "disabled": False,
    }


def _dated(row: Document, now: Any, then: Any) -> Document:
    return {**row, **documents.derived_fields(documents.entry_of(row), now), "created_at": then, "updated_at": then}


def _opening(row: Document, actor: str, now: Any) -> Movement:
    level = Level(row["stock"], 0, 1, 0)
    product_id = str(row["_id"])
    opening = (1, ChangeType.RESTOCK, 0, level.stock, 0, 0, "opening stock")
    return Movement(product_id, *opening, actor, product_id, now, str(row["seller_id"]))
