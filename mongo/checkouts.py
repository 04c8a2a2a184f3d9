"""What was chosen at checkout, by owner; whoever does not come back within a month begins anew."""

from models.checkout import Choices
from models.identity import OwnerId
from models.order import Address
from mongo.driver import Database, Document

KEPT_SECONDS = 30 * 86_400


class Checkouts:
    """The choices, one document for each owner."""

    def __init__(self, database: Database) -> None:
        self._checkouts = database["checkouts"]

    async def get(self, owner: OwnerId) -> Choices | None:
        """Return what an owner has chosen."""
        row = await self._checkouts.find_one({"_id": owner})
        if row is None:
            return None
        return Choices(
            owner=owner,
            order_key=row["order_key"],
            address=Address(**row["address"]) if row["address"] else None,
            address_id=row["address_id"],
            email=row["email"],
            method=row["method"],
            shown_total=row["shown_total"],
        )

    async def put(self, choices: Choices) -> None:
        """Keep what an owner has chosen."""
        fields: Document = {
            "order_key": choices.order_key,
            "address": choices.address._asdict() if choices.address else None,
            "address_id": choices.address_id,
            "email": choices.email,
            "method": choices.method,
            "shown_total": choices.shown_total,
        }
        until: Document = {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": KEPT_SECONDS}}
        change: list[Document] = [{"$set": {**{name: {"$literal": value} for name, value in fields.items()}}}]
        change.append({"$set": {"expires_at": until}})
        await self._checkouts.update_one({"_id": choices.owner}, change, upsert=True)
