"""Putting products on their shelves that another program, or an older version, wrote without any."""

from datetime import UTC, datetime

from pymongo import UpdateOne

from mongo import documents
from mongo.driver import Database, Document

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


async def shelve(database: Database, limit: int) -> bool:
    """Add what lists are found by to products that lack it; return whether there may be more."""
    products = database["products"]
    rows = await products.find(LACKING).limit(limit).to_list(None)
    now = datetime.now(UTC)  # a discount that begins or ends between two clocks is noted at the next look
    writes = [
        UpdateOne(
            {"_id": row["_id"], **{name: row.get(name) for name in ("shelves", "price_now", "popularity")}},
            {
                "$set": {
                    "popularity": row.get("popularity") or 0,
                    **documents.derived_fields(documents.entry_of(row), now),
                }
            },
        )
        for row in rows
    ]
    if writes:
        await products.bulk_write(writes, ordered=False)
    return len(rows) == limit
