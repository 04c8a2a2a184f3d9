"""Reading the lines of products: who waits where, and which products have both units and people who wait."""

from collections.abc import Sequence

from models.identity import OwnerId
from models.waiter import ListedPlace, Waiter, WaitState
from mongo import documents
from mongo.driver import Database, Document, Driver

# So many places of one owner are shown, and so many before one are counted.
MOST_SHOWN = 200
MOST_COUNTED = 1000

_SHOWN = dict.fromkeys(("waiting", "stock", "held", "published", "disabled"), 1)


def look(limit: int, after: Document | None) -> Document:
    """Return the command that reads the next products with a line; ``after`` is the last one that was read."""
    command: Document = {
        "find": "products",
        "filter": {"waiting": {"$gt": 0}},
        "projection": _SHOWN,
        "hint": "with_a_line",
        "sort": {"waiting": 1, "_id": 1},
        "limit": limit,
        "batchSize": limit + 1,
    }
    if after:
        command["min"] = {"waiting": after["waiting"], "_id": after["_id"]}  # inclusive
        command["filter"]["_id"] = {"$ne": after["_id"]}
    return command


class Lines:
    """The lines of all products, as the database has them.

    One task goes through the products with a line (``back``); a portion costs the same however many there are.
    """

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._waiting = database["waiting"]
        self._database = database
        self._after: Document | None = None

    async def back(self, limit: int) -> Sequence[str]:
        """Return, of the next ``limit`` products with a line, those on show that have units to offer.

        Each call goes on where the last one ended, and begins anew after the end.
        """
        command = look(limit, self._after)
        reply = await self._database.command(command, codec_options=self._database.codec_options)
        rows: list[Document] = reply["cursor"]["firstBatch"]
        self._after = rows[-1] if len(rows) == limit else None
        return [str(row["_id"]) for row in rows if _has_units(row)]

    async def who_waits(self, owners: Sequence[OwnerId]) -> set[OwnerId]:
        """Return those of the owners who are in any line."""
        return set(await self._waiting.distinct("owner", {"owner": {"$in": list(owners)}, "open": True}))

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


def _has_units(row: Document) -> bool:
    on_show = row.get("published") is not False and row.get("disabled") is not True
    return on_show and bool(row["stock"] > (row.get("held") or 0))


def _listed(row: Document) -> ListedPlace:
    waiter = documents.waiter_of(row)
    people = row["ahead"][0]["people"] if row["ahead"] else 0
    return ListedPlace(waiter, people if waiter.state == WaitState.WAITING else None)
