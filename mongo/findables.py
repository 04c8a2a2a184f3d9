"""Products as the text index holds them."""

from collections.abc import Sequence

from bson import ObjectId

from models.finding import Findable, places_of
from mongo.driver import Database, Document

_FOUND_BY = dict.fromkeys(
    ("name", "description", "tags", "category", "sku", "shelves", "price_now", "price", "seller_id"), 1
)


class Findables:
    """Reads products for the text index."""

    def __init__(self, database: Database) -> None:
        self._products = database["products"]

    async def findable(self, *, after: str | None, limit: int) -> list[Findable]:
        """Return products as the text index holds them, in the order of their ids, behind an id."""
        query: Document = {"_id": {"$gt": ObjectId(after)}} if after else {}
        rows = (
            await self._products.find(query, {**_FOUND_BY, "deleted_at": 1}).sort("_id", 1).limit(limit).to_list(None)
        )
        return [_findable(row) for row in rows]

    async def findable_of(self, ids: Sequence[str]) -> list[Findable]:
        """Return some products as the text index holds them; those that are deleted are not among them."""
        query: Document = {"_id": {"$in": [ObjectId(each) for each in ids]}, "deleted_at": None}
        return [_findable(row) for row in await self._products.find(query, _FOUND_BY).to_list(None)]


def _findable(row: Document) -> Findable:
    return Findable(
        id=str(row["_id"]),
        name=row["name"],
        description=row.get("description") or "",
        tags=tuple(row.get("tags") or ()),
        category=row.get("category") or "",
        sku=row.get("sku") or "",
        places=() if row.get("deleted_at") else places_of(row.get("shelves") or (), str(row["seller_id"])),
        price=row["price_now"] if "price_now" in row else row["price"],
    )
