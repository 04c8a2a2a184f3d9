"""Leases: which process runs which worker now, judged by the database's clock.

The workers of a process prolong theirs at the same moments, and what is asked for within a few milliseconds goes into
one command: a dozen writes a second, each for a majority, would be most of what a shop costs in which nothing happens.
For the same reason a lease that another process has is looked at, and only one that is free is written: with ten hosts
all processes but one ask in vain.
"""

import asyncio
from collections.abc import Mapping

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from mongo.driver import DUPLICATE_KEY, Database, Document

TOGETHER = 0.005  # seconds


class Leases:
    """Takes, prolongs and gives back leases in the name of one process."""

    def __init__(self, database: Database, owner: str) -> None:
        self._leases = database["leases"]
        self._owner = owner
        self._wanted: dict[str, int] = {}
        self._asking: asyncio.Task[set[str]] | None = None

    async def take(self, worker: str, milliseconds: int) -> bool:
        """Take or prolong the lease of a worker; return whether this process has it now."""
        if not self._wanted or self._asking is None:
            self._asking = asyncio.create_task(self._take_together(), name="leases")
            self._asking.add_done_callback(_heard)
        self._wanted[worker] = milliseconds
        # Shielded: others wait for the same answer.
        return worker in await asyncio.shield(self._asking)

    async def _take_together(self) -> set[str]:
        """Ask for what is wanted; return what this process has now of that."""
        await asyncio.sleep(TOGETHER)
        wanted, self._wanted = self._wanted, {}
        for worker in await self._of_others(wanted):
            del wanted[worker]
        if not wanted:
            return set()
        try:
            await self._leases.bulk_write([self._taking(*each) for each in wanted.items()], ordered=False)
        except BulkWriteError as error:
            if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
                raise
            # Two processes made one at once, and the other was first.
        mine = self._leases.find({"_id": {"$in": list(wanted)}, "owner": self._owner}, {"_id": 1})
        return {lease["_id"] for lease in await mine.to_list(None)}

    async def _of_others(self, wanted: Mapping[str, int]) -> list[str]:
        """Return the workers whose lease another process has now."""
        lasting: Document = {"$gte": ["$until", "$$NOW"]}
        theirs: Document = {"_id": {"$in": list(wanted)}, "owner": {"$ne": self._owner}, "$expr": lasting}
        return [lease["_id"] for lease in await self._leases.find(theirs, {"_id": 1}).to_list(None)]

    def _taking(self, worker: str, milliseconds: int) -> UpdateOne:
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
        return UpdateOne({"_id": worker}, change, upsert=True)

    async def give_back(self, worker: str) -> None:
        """Let another process have it at once, if this one has it."""
        await self._leases.delete_one({"_id": worker, "owner": self._owner})


def _heard(asking: asyncio.Task[set[str]]) -> None:
    """Note that somebody knows of a failure, though all who asked may have been cancelled meanwhile."""
    if not asking.cancelled():
        asking.exception()
