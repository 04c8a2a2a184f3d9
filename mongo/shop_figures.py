"""What an admin wants to know of the whole shop: each figure by an index, and given up rather than waited for."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from models.identity import OFFERS
from models.roles import ROLES
from mongo.documents import department_of
from mongo.driver import Database, Document, Driver, Session
from mongo.schema import FILLED
from mongo.stale_reads import StaleReads

MAX_MS = 2000
# Orders are found by the time in their ids, which their process's clock made: it may be wrong by so much.
CLOCKS = timedelta(minutes=10)
# More are not counted: whoever has as many mails in one state knows all there is to know.
COUNTED = 100_000


class ShopFigures:
    """Counts by the database's clock; those of accounts and carts may be read of a secondary."""

    def __init__(self, driver: Driver, database: Database, reads: StaleReads | None = None) -> None:
        self._driver = driver
        self._database = database
        self._reads = reads or StaleReads(driver, database)

    async def clock(self) -> datetime:
        """Return the primary's time."""
        hello: Any = await self._database.command("hello")
        now: datetime = hello["localTime"]
        return now

    async def users(self) -> Mapping[str, Any]:
        """Return the accounts that were not deleted by role, and how many were made today (UTC)."""
        midnight = (await self.clock()).replace(hour=0, minute=0, second=0, microsecond=0)
        deleted: list[Document] = [
            {"$match": {"deleted_at": {"$type": "date"}}},
            {"$group": {"_id": "$role", "count": {"$sum": 1}}},
        ]
        today: Document = {"_id": {"$gte": ObjectId.from_datetime(midnight)}, "deleted_at": None}

        async def count(database: Database, session: Session | None) -> Mapping[str, Any]:
            users = database["users"]
            options: Any = {"session": session, "maxTimeMS": MAX_MS}
            rows = await self._driver.aggregate(users, deleted, hint="_id_-1_deleted_at_1", **options)
            gone = {row["_id"]: row["count"] for row in rows}
            by_role = {
                role: await users.count_documents({"role": role}, **options) - gone.get(role, 0) for role in ROLES
            }
            new = await users.count_documents(today, **options)
            return {"by_role": by_role, "total": sum(by_role.values()), "new_today": new}

        return await self._reads.run(count)

    async def carts(self) -> Mapping[str, int]:
        """Return how many carts have something in them, and how many units they hold.

        What is offered to those who wait is held as well, in carts that are nobody's: these are not counted.
        """
        offered: Document = {"$eq": [{"$substrCP": ["$_id", 0, len(OFFERS)]}, OFFERS]}
        units: Document = {"$sum": "$lines.quantity"}
        filled: Document = {"$sum": {"$cond": [offered, 0, 1]}}
        group: Document = {"_id": None, "filled": filled, "units_held": {"$sum": units}}

        async def add_up(database: Database, session: Session | None) -> list[Document]:
            pipeline: list[Document] = [{"$match": FILLED}, {"$group": group}]
            options: Any = {"hint": "filled", "session": session, "maxTimeMS": MAX_MS}
            return await self._driver.aggregate(database["carts"], pipeline, **options)

        rows = await self._reads.run(add_up)
        return {name: rows[0][name] if rows else 0 for name in ("filled", "units_held")}

    async def orders(self) -> Mapping[str, int]:
        """Return how many orders came within the last minute."""
        since = await self.clock() - timedelta(minutes=1)
        newest: Document = {"_id": {"$gte": ObjectId.from_datetime(since - CLOCKS)}, "timestamp": {"$gte": since}}
        return {"per_minute": await self._database["orders"].count_documents(newest, maxTimeMS=MAX_MS)}

    async def mail(self) -> Mapping[str, Any]:
        """Return what waits in the outbox, and what was given up."""
        one: Document = {"$sum": 1}
        group: Document = {
            "_id": None,
            "pending": one,
            "due": {"$sum": {"$cond": [{"$lte": ["$due", "$$NOW"]}, 1, 0]}},
            "retried": {"$sum": {"$cond": [{"$ne": [{"$ifNull": ["$error", None]}, None]}, 1, 0]}},
            "oldest": {"$max": {"$subtract": ["$$NOW", "$created_at"]}},
        }
        rows = await self._rows("emails", [{"$match": {"state": "pending"}}, {"$limit": COUNTED}, {"$group": group}])
        queue = rows[0] if rows else {"pending": 0, "due": 0, "retried": 0, "oldest": None}
        oldest = queue.get("oldest")
        return {
            **{name: queue[name] for name in ("pending", "due", "retried")},
            "dead": await self._in_state("dead"),
            "unsent": await self._in_state("unsent"),
            "oldest_pending_seconds": None if oldest is None else max(0.0, oldest / 1000),
        }

    async def product_names(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the names of products that are there, by their ids."""
        return await self._names("products", ids)

    async def product_departments(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the departments of products that are there and in one, by their ids."""
        wanted: Document = {"_id": {"$in": [ObjectId(each) for each in ids]}}
        found = self._database["products"].find(wanted, {"category": 1}).max_time_ms(MAX_MS)
        departments = {str(row["_id"]): department_of(row.get("category")) for row in await found.to_list(None)}
        return {each: department for each, department in departments.items() if department}

    async def seller_names(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the names of accounts that are there, by their ids."""
        return await self._names("users", ids)

    async def _names(self, collection: str, ids: Iterable[str]) -> Mapping[str, str]:
        wanted: Document = {"_id": {"$in": [ObjectId(each) for each in ids]}}
        found = self._database[collection].find(wanted, {"name": 1}).max_time_ms(MAX_MS)
        return {str(row["_id"]): row["name"] for row in await found.to_list(None)}

    async def _in_state(self, state: str) -> int:
        return await self._database["emails"].count_documents({"state": state}, limit=COUNTED, maxTimeMS=MAX_MS)

    async def _rows(self, collection: str, pipeline: list[Document], **options: Any) -> list[Document]:
        return await self._driver.aggregate(self._database[collection], pipeline, maxTimeMS=MAX_MS, **options)
