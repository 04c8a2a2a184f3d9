"""What the last audit found, and since when one runs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.audit import LastBegun
from mongo.driver import Database, Document

LEASE = "audit"


class Audits:
    """Keeps the last result; times are the database's."""

    def __init__(self, database: Database) -> None:
        self._audits = database["audits"]
        self._leases = database["leases"]

    async def begun(self) -> None:
        """Note that one begins now."""
        await self._audits.update_one({"_id": "running"}, [{"$set": {"at": "$$NOW"}}], upsert=True)

    async def ended(self, result: Mapping[str, Any]) -> None:
        """Keep a result, in place of the last one."""
        change: Document = {"result": {"$literal": dict(result)}, "finished_at": "$$NOW"}
        await self._audits.update_one({"_id": "last"}, [{"$set": change}], upsert=True)

    async def running_since(self) -> datetime | None:
        """Return when the one that runs began; None while none does."""
        held: Document = {"_id": LEASE, "$expr": {"$gt": ["$until", "$$NOW"]}}
        if await self._leases.find_one(held, {"_id": 1}) is None:
            return None
        begun: Any = await self._audits.find_one({"_id": "running"})
        return begun["at"] if begun else None

    async def last(self) -> Mapping[str, Any] | None:
        """Return the last result, with ``finished_at``; None where there was none yet."""
        found: Any = await self._audits.find_one({"_id": "last"})
        return {**found["result"], "finished_at": found["finished_at"]} if found else None

    async def last_begun(self) -> LastBegun | None:
        """Return when the last one was begun, and how it ended; None where there was none yet."""
        shown: Document = {"at": 1, "ago": {"$subtract": ["$$NOW", "$at"]}, "finished_at": 1, "error": "$result.error"}
        rows: Any = await self._audits.find({}, shown).to_list(None)
        found: dict[str, Any] = {row["_id"]: row for row in rows}
        if "running" not in found:
            return None
        begun, last = found["running"], found.get("last")
        ended_well = last is not None and last["finished_at"] >= begun["at"] and last["error"] is None
        return LastBegun(begun["ago"] / 1000, ended_well)
