"""Which holds are about to end, by the database's clock."""

from collections.abc import Mapping, Sequence

from mongo.driver import Database, Document, Driver
from mongo.schema import FILLED


class Holds:
    """What carts hold, as the database has it."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._carts = database["carts"]

    async def ending(self, within: Sequence[int]) -> Mapping[str, Sequence[int]]:
        """Return, for each product, how many units are in carts that expire within so many seconds, for each of these.

        What has expired and was not released yet is among them.
        """
        ends = [{"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": each}} for each in within]
        # The range is a constant for the planner once $$NOW is bound, so the index on expires_at serves it.
        soon: Document = {"expires_at": {"$type": "date"}, "$expr": {"$lte": ["$expires_at", ends[-1]]}, **FILLED}
        units = {
            f"n{number}": {"$sum": {"$cond": [{"$lte": ["$expires_at", end]}, "$lines.quantity", 0]}}
            for number, end in enumerate(ends)
        }
        pipeline: list[Document] = [
            {"$match": soon},
            {"$project": {"expires_at": 1, "lines.product_id": 1, "lines.quantity": 1}},
            {"$unwind": "$lines"},
            {"$group": {"_id": "$lines.product_id", **units}},
        ]
        rows = await self._driver.aggregate(self._carts, pipeline)
        return {str(row["_id"]): [row[name] for name in units] for row in rows}
