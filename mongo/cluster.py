"""How the database itself is: members and their state, sizes, and what it finds slow."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.errors import OperationFailure

from mongo.driver import Database, Document, Driver
from mongo.slow_commands import SLOW_MICROSECONDS, collection_of, shape_of

MAX_MS = 2000
LISTED = 50
_AT_ONCE = 4
# The largest parts of a server's status, which nobody here looks at.
_UNASKED: Document = dict.fromkeys(("metrics", "wiredTiger", "tcmalloc", "locks", "transactions"), 0)


class Cluster:
    """Asks the server about itself; where its user may not ask, the answer says so and has what else is known."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._admin: Database = driver.client["admin"]

    async def ping(self) -> Mapping[str, Any]:
        """Return which member writes; raise ConnectionError where none does."""
        hello: Any = await self._database.command("hello")
        if not hello.get("isWritablePrimary"):
            raise ConnectionError("there is no writable primary")
        return {"primary": hello.get("primary") or hello.get("me")}

    async def members(self) -> Mapping[str, Any]:
        """Return the replica set's members; lags in seconds behind the primary."""
        try:
            status: Any = await self._admin.command({"replSetGetStatus": 1, "maxTimeMS": MAX_MS})
        except OperationFailure as refusal:
            return await self._named(refusal)
        members = status["members"]
        newest = max((each["optimeDate"] for each in members if "optimeDate" in each), default=None)
        return {
            "name": status["set"],
            "members": [
                {
                    "host": each["name"],
                    "state": each["stateStr"].lower(),
                    "healthy": each["health"] == 1,
                    "uptime_seconds": each.get("uptime"),
                    "lag_seconds": (newest - each["optimeDate"]).total_seconds()
                    if newest and each["state"] in {1, 2} and "optimeDate" in each
                    else None,
                }
                for each in members
            ],
            "note": None,
        }

    async def _named(self, refusal: OperationFailure) -> Mapping[str, Any]:
        """Return the members by their names, where the user may not ask for more."""
        hello: Any = await self._database.command("hello")
        primary = hello.get("primary")
        hosts = [*hello.get("hosts", ()), *hello.get("passives", ()), *hello.get("arbiters", ())]
        return {
            "name": hello.get("setName"),
            "members": [
                {
                    "host": host,
                    "state": "primary" if host == primary else "unknown",
                    "healthy": True if host == primary else None,
                    "uptime_seconds": None,
                    "lag_seconds": None,
                }
                for host in hosts
            ],
            "note": f"the states of the members cannot be read: {_words(refusal)}",
        }

    async def sizes(self) -> Mapping[str, Any]:
        """Return the database's and each collection's sizes in bytes, the largest first."""
        whole: Any = await self._database.command({"dbStats": 1, "maxTimeMS": MAX_MS})
        own: Document = {
            "type": "collection",
            "name": {"$not": {"$regex": "^system\\."}},
        }
        names = await self._database.list_collection_names(filter=own)  # a profile is not for `readWrite` to measure
        gate = asyncio.Semaphore(_AT_ONCE)

        async def measure(name: str) -> Mapping[str, Any]:
            async with gate:
                found: Any = await self._database.command({"collStats": name, "maxTimeMS": MAX_MS})
            return {
                "name": name,
                "documents": int(found["count"]),
                "data_bytes": int(found["size"]),
                "storage_bytes": int(found["storageSize"]),
                "index_bytes": int(found["totalIndexSize"]),
            }

        async with asyncio.TaskGroup() as group:  # none outlives it, whoever stops waiting
            measuring = [group.create_task(measure(name)) for name in names]
        collections = [each.result() for each in measuring]
        return {
            "documents": int(whole["objects"]),
            "data_bytes": int(whole["dataSize"]),
            "storage_bytes": int(whole["storageSize"]),
            "index_bytes": int(whole["indexSize"]),
            "collections": sorted(collections, key=lambda each: (-each["storage_bytes"], each["name"])),
        }

    async def disk(self) -> Mapping[str, int]:
        """Return in bytes what is used of the primary's disk, and what there is; ``{}`` where it does not say."""
        whole: Any = await self._database.command({"dbStats": 1, "maxTimeMS": MAX_MS})
        if not whole.get("fsTotalSize"):
            return {}
        return {"used_bytes": int(whole["fsUsedSize"]), "total_bytes": int(whole["fsTotalSize"])}

    async def oplog(self) -> Mapping[str, float]:
        """Return how far back the primary's oplog goes, in seconds; the driver's error where the user may not ask."""
        status: Any = await self._admin.command({"serverStatus": 1, "oplog": 1, **_UNASKED, "maxTimeMS": MAX_MS})
        oplog = status["oplog"]
        return {"window_seconds": float(oplog["latestOptime"].time - oplog["earliestOptime"].time)}

    async def slow(self) -> Mapping[str, Any]:
        """Return what runs long right now, and what the profiler kept where somebody has switched it on."""
        running, note = await self._running()
        profiled = await self._profiled()
        return {"running": running, "running_note": note, "profiled": profiled}

    async def _running(self) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        everyone: Document = {"allUsers": True, "idleConnections": False, "idleSessions": False}
        try:
            return await self._operations(everyone), None
        except OperationFailure as refusal:  # one's own may always be seen
            return await self._operations({}), f"only the shop's own: {_words(refusal)}"

    async def _operations(self, options: Document) -> Sequence[Mapping[str, Any]]:
        pipeline: list[Document] = [
            {"$currentOp": options},
            {
                "$match": {
                    "active": True,
                    "ns": {"$regex": f"^{self._database.name}\\."},
                    "microsecs_running": {"$gte": SLOW_MICROSECONDS},
                    "cursor.awaitData": {"$ne": True},
                    "command.getMore": {"$exists": False},
                }
            },
            {"$sort": {"microsecs_running": -1}},
            {"$limit": LISTED},
        ]
        rows = await self._driver.aggregate(self._admin, pipeline, maxTimeMS=MAX_MS)
        return [_operation(row, int(row["microsecs_running"]) // 1000) for row in rows]

    async def _profiled(self) -> Sequence[Mapping[str, Any]] | None:
        """Return the profiler's last slow operations; None where it cannot be read."""
        slow: Document = {"millis": {"$gte": SLOW_MICROSECONDS // 1000}}
        try:
            found = self._database["system.profile"].find(slow).sort("$natural", -1).max_time_ms(MAX_MS)
            rows = await found.limit(LISTED).to_list(None)
        except OperationFailure:
            return None
        return [{**_operation(row, int(row["millis"])), "at": row["ts"]} for row in rows]


def _operation(row: Document, milliseconds: int) -> Mapping[str, Any]:
    """Show an operation without any of its values."""
    command = row.get("command") or {}
    name = next(iter(command), row.get("op", ""))
    return {
        "collection": collection_of(name, command) or str(row.get("ns", "")).partition(".")[2],
        "command": name,
        "milliseconds": milliseconds,
        "plan": row.get("planSummary"),
        "shape": shape_of(command),
    }


def _words(refusal: OperationFailure) -> str:
    details = refusal.details or {}
    return str(details.get("codeName") or refusal.code or "refused")
