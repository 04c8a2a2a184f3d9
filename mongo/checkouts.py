"""What was chosen at checkout, by owner; whoever does not come back within a month begins anew."""

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument

from models.checkout import Choices
from models.identity import OwnerId
from models.order import Address
from mongo.driver import Database, Document

KEPT_SECONDS = 30 * 86_400
_NOTHING: Document = dict.fromkeys(("address", "address_id", "email", "method", "shown_total"))


class Checkouts:
    """The choices, one document for each owner."""

    def __init__(self, database: Database) -> None:
        self._checkouts = database["checkouts"]

    async def get(self, owner: OwnerId, fresh_key: str) -> Choices:
        """Return what an owner has chosen; who chose nothing yet begins with this order key."""
        beginning: Document = {**_NOTHING, "order_key": fresh_key}
        # An update of nothing but what is missing: two devices that come at once get the same key.
        change: list[Document] = [{"$replaceWith": {"$mergeObjects": [{"$literal": beginning}, "$$ROOT", _until()]}}]
        row: Any = await self._checkouts.find_one({"_id": owner})
        if row is None:
            after = ReturnDocument.AFTER
            row = await self._checkouts.find_one_and_update({"_id": owner}, change, upsert=True, return_document=after)
        address = row["address"]
        fields = {name: row[name] for name in ("order_key", "address_id", "email", "method", "shown_total")}
        return Choices(owner=owner, address=Address(**address) if address else None, **fields)

    async def change(self, owner: OwnerId, fields: Mapping[str, Any]) -> None:
        """Keep these of an owner's choices; the others stay."""
        stored = {name: value._asdict() if isinstance(value, Address) else value for name, value in fields.items()}
        change = {name: {"$literal": value} for name, value in stored.items()}
        await self._checkouts.update_one({"_id": owner}, [{"$set": change}, {"$set": _until()}])

    async def renew(self, choices: Choices, fresh_key: str) -> None:
        """Begin anew under another order key, unless somebody has done so already; what was chosen stays."""
        before = {"_id": choices.owner, "order_key": choices.order_key}
        await self._checkouts.update_one(before, {"$set": {"order_key": fresh_key, "shown_total": None}})


def _until() -> Document:
    return {"expires_at": {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": KEPT_SECONDS}}}
