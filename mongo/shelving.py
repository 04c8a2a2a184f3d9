"""Putting products on their shelves that another program, or an older version, wrote without any."""

from datetime import UTC, datetime

from pymongo import UpdateOne

from mongo import documents
from mongo.driver import Database


async def shelve(database: Database, limit: int) -> bool:
    """Add what lists are found by to products that lack it; return whether there may be more."""
    products = database["products"]
    rows = await products.find({"shelves": None}).limit(limit).to_list(None)
    now = datetime.now(UTC)  # a discount that begins or ends between two clocks is noted at the next look
    writes = [
        UpdateOne(
            {"_id": row["_id"], "shelves": None},
            {"$set": {"popularity": 0, **documents.derived_fields(documents.entry_of(row), now)}},
        )
        for row in rows
    ]
    if writes:
        await products.bulk_write(writes, ordered=False)
    return len(rows) == limit
