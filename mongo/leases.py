"""Leases: which process runs which worker now, judged by the database's clock."""

from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from mongo.driver import Database, Document


class Leases:
    """Takes, prolongs and gives back leases in the name of one process."""

    def __init__(self, database: Database, owner: str) -> None:
        self._leases = database["leases"]
        self._owner = owner

    async def take(self, worker: str, milliseconds: int) -> bool:
        """Take or prolong the lease of a worker; return whether this process has it now."""
        until: Document = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}
        # A lease that does not exist yet has no `until`, which sorts before any date: it is free, too.
        mine_or_free: Document = {"$or": [{"$eq": ["$owner", self._owner]}, {"$lt": ["$until", "$$NOW"]}]}
        change: list[Document] = [
            {
                "$set": {
                    "owner": {"$cond": [mine_or_free, self._owner, "$owner"]},
                    "until": {"$cond": [mine_or_free, until, "$until"]},
                }
            }
        ]
        try:
            lease: Any = await self._leases.find_one_and_update(
                {"_id": worker}, change, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # two processes made it at once, and the other was first
            return False
        return bool(lease["owner"] == self._owner)

    async def give_back(self, worker: str) -> None:
        """Let another process have it at once, if this one has it."""
        await self._leases.delete_one({"_id": worker, "owner": self._owner})
