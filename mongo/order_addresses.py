"""The addresses of orders, sealed: nothing here can read them."""

from collections.abc import Sequence

from bson import ObjectId
from pymongo import UpdateOne

from models.order import Address
from mongo.driver import Database, Document


class SealedAddresses:
    """The addresses of all orders that have one."""

    def __init__(self, database: Database) -> None:
        self._orders = database["orders"]

    async def not_sealed_by(self, key_id: str, *, after: str | None, limit: int) -> Sequence[tuple[str, Address]]:
        """Return ids of orders, in their order, whose address is sealed under another key or not at all; with it."""
        query: Document = {"address": {"$type": "object"}, "address.sealed": {"$not": {"$regex": f"^{key_id}:"}}}
        if after:
            query["_id"] = {"$gt": ObjectId(after)}
        # By their ids, so that all pages together read each order once.
        rows = await self._orders.find(query, {"address": 1}).sort("_id", 1).limit(limit).to_list(None)
        return [(str(row["_id"]), Address(**row["address"])) for row in rows]

    async def replace(self, changes: Sequence[tuple[str, Address, Address]]) -> int:
        """Put each second address in the place of the first, where that is still there; return how many were.

        One that was erased meanwhile does not come back. The field is set whole: by that, the change stream knows it.
        """
        if not changes:
            return 0
        writes = [
            UpdateOne({"_id": ObjectId(order_id), **_same(before)}, {"$set": {"address": after._asdict()}})
            for order_id, before, after in changes
        ]
        return (await self._orders.bulk_write(writes, ordered=False)).modified_count


def _same(address: Address) -> Document:
    if address.sealed:
        return {"address.sealed": address.sealed}
    clear = {"address.name": address.name, "address.line1": address.line1, "address.line2": address.line2}
    return {"address.sealed": {"$in": [None, ""]}, **clear}
