"""Reading the lines of products: who waits where, and which products have both units and people who wait."""

from collections.abc import Sequence

from models.identity import OwnerId
from models.waiter import ListedPlace, Waiter, WaitState
from mongo import documents
from mongo.driver import Database, Document, Driver

# So many places of one owner are shown, and so many before one are counted.
MOST_SHOWN = 200
MOST_COUNTED = 1000

_BACK: Document = {
    "waiting": {"$gt": 0},
    "published": {"$ne": False},
    "disabled": {"$ne": True},
    "$expr": {"$gt": ["$stock", {"$ifNull": ["$held", 0]}]},
}


class Lines:
    """The lines of all products, as the database has them."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._waiting = database["waiting"]
        self._products = database["products"]

    async def back(self, limit: int) -> Sequence[str]:
        """Return products on show that have units to offer and people who wait for them."""
        rows = await self._products.find(_BACK, {"_id": 1}).hint("waited_for").limit(limit).to_list(None)
        return [str(row["_id"]) for row in rows]

    async def count(self, owner: OwnerId) -> int:
        """Return in how many lines an owner is, up to the number that is shown."""
        return await self._waiting.count_documents({"owner": owner, "open": True}, limit=MOST_SHOWN)

    async def places(self, owner: OwnerId) -> Sequence[ListedPlace]:
        """Return an owner's open places, the oldest first, with the number of those before each."""
        return await self._listed({"owner": owner, "open": True})

    async def place(self, waiter: Waiter) -> ListedPlace:
        """Return a place as it is listed now; it is as it was where it cannot be found."""
        found = await self._listed({"_id": waiter.id})
        return found[0] if found else ListedPlace(waiter, None)

    async def _listed(self, query: Document) -> Sequence[ListedPlace]:
        before = [
            {"$match": {"$expr": {"$eq": ["$product_id", "$$product"]}, "state": WaitState.WAITING.value}},
            {"$match": {"$expr": {"$lt": ["$place", "$$place"]}}},
            {"$limit": MOST_COUNTED},
            {"$count": "people"},
        ]
        ahead = {"from": "waiting", "let": {"product": "$product_id", "place": "$place"}, "pipeline": before}
        pipeline: list[Document] = [
            {"$match": query},
            {"$sort": {"joined_at": 1, "_id": 1}},
            {"$limit": MOST_SHOWN},
            {"$lookup": {**ahead, "as": "ahead"}},
        ]
        return [_listed(row) for row in await self._driver.aggregate(self._waiting, pipeline)]


def _listed(row: Document) -> ListedPlace:
    waiter = documents.waiter_of(row)
    people = row["ahead"][0]["people"] if row["ahead"] else 0
    return ListedPlace(waiter, people if waiter.state == WaitState.WAITING else None)
