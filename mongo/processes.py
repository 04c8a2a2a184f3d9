"""The processes of the shop, on whatever machines: each says by a small document how it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.write_concern import WriteConcern

from mongo.driver import Database, Document

SILENT_SECONDS = 10
_ALIVE: Document = {
    "$gte": ["$at", {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": SILENT_SECONDS}}]
}


class Processes:
    """Writes the document of one process, reads those of all; times are the database's.

    The primary's word is enough for such a document: waiting for a majority would only delay the next.
    """

    def __init__(self, database: Database, process_id: str) -> None:
        self._processes = database.get_collection("processes", write_concern=WriteConcern(w=1))
        self._process_id = process_id

    async def beat(self, figures: Mapping[str, Any]) -> None:
        """Say how this process is."""
        change: Document = {
            "figures": {"$literal": dict(figures)},
            "at": "$$NOW",
            "started_at": {"$ifNull": ["$started_at", "$$NOW"]},
        }
        await self._processes.update_one({"_id": self._process_id}, [{"$set": change}], upsert=True)

    async def forget(self) -> None:
        """Take this process away: it stops."""
        await self._processes.delete_one({"_id": self._process_id})

    async def living(self) -> Sequence[Mapping[str, Any]]:
        """Return the figures of all that were heard of within seconds, the oldest process first.

        Each has ``id``, ``started_at`` and ``silent_ms`` beside them.
        """
        silent: Document = {"$subtract": ["$$NOW", "$at"]}
        found = self._processes.find({"$expr": _ALIVE}, {"figures": 1, "started_at": 1, "silent_ms": silent})
        rows = await found.sort([("started_at", 1), ("_id", 1)]).max_time_ms(2000).to_list(None)
        return [
            {
                "id": row["_id"],
                "started_at": row["started_at"],
                "silent_ms": max(0, int(row["silent_ms"])),
                **row["figures"],
            }
            for row in rows
        ]
