"""What was done how often, for all processes: a moving window for each key, by the database's clock.

One document per key holds what was taken and until when each counts. Asking is one `findAndModify` by `_id`: atomic,
so that all processes together are granted exactly the limit, and no process's clock matters. The document goes by
itself once nothing in it counts any more.

The answer waits for the primary alone: a count is good for a minute, and a majority's journal would be most of the
time that it takes. When a primary is lost, so are its last milliseconds of counts.
"""

from typing import Any

from pymongo import ReturnDocument
from pymongo.write_concern import WriteConcern

from models.rate_limit import Grant, Limit
from mongo.driver import Database, Document

RATE_LIMITS = "rate_limits"
# Of what is left at most this part is granted at once: what one process has set aside, another cannot use.
_PART = 8
_PRIMARY_ALONE = WriteConcern(w=1)


class RateCounts:
    """Counts in the collection `rate_limits`. Any call raises the driver's errors where it cannot be reached."""

    def __init__(self, database: Database) -> None:
        self._counts = database.get_collection(RATE_LIMITS, write_concern=_PRIMARY_ALONE)

    async def take(self, key: str, limit: Limit, wanted: int, hold: float) -> Grant:
        """Take one to ``wanted`` of what is left, or none; they count from the end of ``hold`` (seconds) on."""
        row: Any = await self._counts.find_one_and_update(
            {"_id": key}, _taking(limit, wanted, hold), upsert=True, return_document=ReturnDocument.AFTER
        )
        taken = row["taken"]
        first = min((each["until"] for each in taken), default=row["at"])
        return Grant(
            granted=row["granted"],
            left=max(0, limit.amount - sum(each["n"] for each in taken)),
            opens_in=(first - row["at"]).total_seconds(),
        )


def _taking(limit: Limit, wanted: int, hold: float) -> list[Document]:
    counting: Document = {"$gt": ["$$each.until", "$$NOW"]}
    left: Document = {"$max": [0, {"$subtract": [limit.amount, {"$sum": "$taken.n"}]}]}
    part: Document = {"$max": [1, {"$floor": {"$divide": ["$left", _PART]}}]}
    until: Document = {"$add": ["$$NOW", round((limit.seconds + hold) * 1000)]}
    entry: Document = {"until": until, "n": "$granted"}
    granted: Document = {"$cond": ["$granted", [entry], []]}
    return [
        {"$set": {"taken": {"$filter": {"input": {"$ifNull": ["$taken", []]}, "as": "each", "cond": counting}}}},
        {"$set": {"left": left}},
        {"$set": {"granted": {"$toInt": {"$min": [wanted, "$left", part]}}, "at": "$$NOW"}},
        {"$set": {"taken": {"$concatArrays": ["$taken", granted]}}},
        {"$set": {"expires_at": {"$max": "$taken.until"}}},
        {"$unset": "left"},
    ]
