"""Turns: a ledger that others hold up again and again says so, for all processes to hear by their change stream.

What is written here is a hint and nothing more: nobody reads it, and nothing goes wrong where it is lost or late.
"""

from mongo.driver import Database


class Turns:
    """One process's wish for a turn."""

    def __init__(self, database: Database, process_id: str) -> None:
        self._turns = database["turns"]
        self._process_id = process_id

    async def want(self) -> None:
        """Say that this process's ledger is held up."""
        said = {"$inc": {"times": 1}, "$currentDate": {"at": True}}  # counted, or two of a millisecond were one
        await self._turns.update_one({"_id": self._process_id}, said, upsert=True)
