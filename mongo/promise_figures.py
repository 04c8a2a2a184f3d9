"""How well the shop keeps its promises at this moment: what is under way, and the oldest that is late.

Every figure is by the database's clock, by an index, and given up rather than waited for.
"""

from collections.abc import Mapping
from typing import Any

from models.payment import PaymentState
from mongo.carts import OVERDUE
from mongo.driver import Database, Document, Driver
from mongo.emails import DUE
from mongo.shop_figures import COUNTED, MAX_MS

_DUE_CROSSINGS: Document = {"state": "due"}


class PromiseFigures:
    """Reads them."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database

    async def payments(self) -> Mapping[str, Any]:
        """Return the payments of which something is to be done, by state, and how many a person has to look at.

        Each state has ``count``, ``oldest_seconds`` since it was begun and ``overdue_seconds`` since it was due.
        """
        group: Document = {
            "_id": "$state",
            "count": {"$sum": 1},
            "begun": {"$max": {"$subtract": ["$$NOW", "$created_at"]}},
            "overdue": {"$max": {"$subtract": ["$$NOW", "$due"]}},
            "flagged": {"$sum": {"$cond": [{"$eq": ["$flagged", True]}, 1, 0]}},
        }
        pipeline: list[Document] = [{"$match": {"open": True}}, {"$limit": COUNTED}, {"$group": group}]
        rows = await self._rows("payments", pipeline, hint="open")
        found = {row["_id"]: row for row in rows}
        states = {
            state.value: {
                "count": found.get(state, {}).get("count", 0),
                "oldest_seconds": _seconds(found.get(state, {}).get("begun")),
                "overdue_seconds": _seconds(found.get(state, {}).get("overdue")),
            }
            for state in PaymentState
        }
        return {"states": states, "flagged": sum(row["flagged"] for row in rows)}

    async def lateness(self) -> Mapping[str, float]:
        """Return in seconds how late the latest is of holds, mails and crossings; 0 where none is."""
        return {
            "holds": await self._latest("carts", OVERDUE, "expires_at"),
            "mails": await self._latest("emails", DUE, "due"),
            "crossings": await self._latest("crossings", _DUE_CROSSINGS, "timestamp"),
        }

    async def audit(self) -> Mapping[str, Any]:
        """Return what the last audit found, how old it is, and whether it could be done; ``{}`` before the first."""
        age: Document = {"age": {"$subtract": ["$$NOW", "$finished_at"]}, "result": 1}
        row: Any = await self._database["audits"].find_one({"_id": "last"}, age, max_time_ms=MAX_MS)
        if row is None:
            return {}
        result = row["result"]
        return {
            "findings": result["total"],
            "age_seconds": _seconds(row["age"]),
            "failed": result["error"] is not None,
        }

    async def _latest(self, collection: str, late: Document, since: str) -> float:
        pipeline: list[Document] = [
            {"$match": late},
            {"$sort": {since: 1}},
            {"$limit": 1},
            {"$project": {"late": {"$subtract": ["$$NOW", f"${since}"]}}},
        ]
        rows = await self._rows(collection, pipeline)
        return _seconds(rows[0]["late"]) if rows else 0.0

    async def _rows(self, collection: str, pipeline: list[Document], **options: Any) -> list[Document]:
        return await self._driver.aggregate(self._database[collection], pipeline, maxTimeMS=MAX_MS, **options)


def _seconds(milliseconds: int | None) -> float:
    return max(0.0, (milliseconds or 0) / 1000)
