"""What was sold lately, read from the orders, and written to the products that lists are sorted by."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import UpdateOne

from mongo.driver import Database, Document, Driver

# Orders are walked by their ids, which begin with the time at which they were made, by the clock of some process.
MARGIN = timedelta(days=1)
WRITES_AT_ONCE = 20
_NOT_SOLD = ("pending", "cancelled", "refunded")


class SoldUnits:
    """Units sold, and popularity."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._orders = database["orders"]
        self._products = database["products"]
        self._meta = database["meta"]

    async def beginning(self, period: timedelta) -> datetime:
        """Return when a period began that ends now, by the database's clock."""
        row = await self._meta.find_one({"_id": "schema"}, {"now": "$$NOW"})
        if row is None:
            raise LookupError("the database was not migrated")
        began: datetime = row["now"] - period
        return began

    async def sold(self, since: datetime, *, after: str | None, limit: int) -> tuple[Mapping[str, int], str | None]:
        """Return the units by product of so many orders behind an id, and the last one's id; None at the end."""
        behind: Document = {"$gt": ObjectId(after) if after else ObjectId.from_datetime(since - MARGIN)}
        ends = self._orders.find({"_id": behind}, {"_id": 1}).sort("_id", 1).skip(limit - 1).limit(1)
        last = await ends.to_list(None)
        if last:
            behind["$lte"] = last[0]["_id"]
        pipeline: list[Document] = [
            {"$match": {"_id": behind, "timestamp": {"$gte": since}, "status": {"$nin": [*_NOT_SOLD]}}},
            {"$project": {"product_list.product_id": 1, "product_list.quantity": 1}},
            {"$unwind": "$product_list"},
            {"$group": {"_id": "$product_list.product_id", "units": {"$sum": "$product_list.quantity"}}},
        ]
        rows = await self._driver.aggregate(self._orders, pipeline, hint="_id_")
        return {str(row["_id"]): row["units"] for row in rows}, str(last[0]["_id"]) if last else None

    async def note(self, sold: Mapping[str, int], *, after: str | None, limit: int) -> str | None:
        """Write the units where they are others for so many products behind an id; return the last one's id."""
        query: Document = {"_id": {"$gt": ObjectId(after)}} if after else {}
        rows = await self._products.find(query, {"popularity": 1}).sort("_id", 1).limit(limit).to_list(None)
        writes = [
            UpdateOne({"_id": row["_id"]}, {"$set": {"popularity": units}})
            for row in rows
            if row.get("popularity") != (units := sold.get(str(row["_id"]), 0))
        ]
        for first in range(0, len(writes), WRITES_AT_ONCE):
            await self._products.bulk_write(writes[first : first + WRITES_AT_ONCE], ordered=False)
        return str(rows[-1]["_id"]) if len(rows) == limit else None
