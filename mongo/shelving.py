"""Putting products on their shelves that another program, or an older version, wrote without any."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pymongo import UpdateOne

from mongo import documents
from mongo.driver import Database, Document

log = logging.getLogger(__name__)
# What is on a shelf without what its list is sorted by stands in no such list: see `list_conditions.behind`. Each way
# of lacking something is found by an index, and products that stand on no shelf at all are not read for it.
LACKING: Document = {
    "$or": [
        {"shelves": {"$exists": False}},
        {"shelves": {"$type": "null"}},
        {"shelves": "all", "popularity": None},
        {"shelves": "all", "price_now": None},
    ]
}
_DERIVED = ("shelves", "price_now", "popularity")


async def shelve(database: Database, limit: int, unreadable: set[Any] | None = None) -> bool:
    """Add what lists are found by to products that lack it; return whether there may be more.

    ``unreadable`` are products that could not be read and were told of: see ``readable``.
    """
    products = database["products"]
    now = datetime.now(UTC)  # a discount that begins or ends between two clocks is noted at the next look

    def fields(row: Document) -> Document:
        derived = documents.derived_fields(documents.entry_of(row), now)
        return {"popularity": row.get("popularity") or 0, **derived}

    found = await readable(products.find(LACKING), limit, fields, set() if unreadable is None else unreadable)
    writes = [
        UpdateOne({"_id": row["_id"], **{name: row.get(name) for name in _DERIVED}}, {"$set": fields})
        for row, fields in found
    ]
    if writes:
        await products.bulk_write(writes, ordered=False)
    return len(writes) == limit


async def readable(
    rows: Any, limit: int, fields: Callable[[Document], Document], unreadable: set[Any]
) -> list[tuple[Document, Document]]:
    """Return so many products with what is to be written of each; another program's half of one stops none of them.

    What cannot be read is told once, and again after it could be read meanwhile.
    """
    found: list[tuple[Document, Document]] = []
    async for row in rows:
        try:
            found.append((row, fields(row)))
        except (KeyError, TypeError, ValueError, AttributeError):
            if row["_id"] not in unreadable:
                unreadable.add(row["_id"])
                log.exception("a product cannot be read: %s", row["_id"])
        else:
            unreadable.discard(row["_id"])
        if len(found) == limit:
            break
    return found
