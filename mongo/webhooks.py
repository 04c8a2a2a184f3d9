"""Which events of payment providers were had, for a month.

An event is noted after it had its effect: whoever dies in between is sent it again, and to make a payment due twice is
to make it due.
"""

from pymongo.errors import DuplicateKeyError

from mongo.driver import Database, Document
from mongo.payments import of_type

DUE_NOW: list[Document] = [{"$set": {"open": True, "due": "$$NOW"}}]
_HAD_NOW: list[Document] = [{"$set": {"at": "$$NOW"}}]


class WebhookEvents:
    """The collection `webhook_events`, by the events' own ids."""

    def __init__(self, database: Database) -> None:
        self._events = database["webhook_events"]
        self._payments = database["payments"]

    async def take(self, event_id: str, provider: str, provider_id: str | None) -> bool:
        """Make a payment due, unless that event was had before; only then note that it was. Whether it was new."""
        if await self._events.find_one({"_id": event_id}, {"_id": 1}):
            return False
        if provider_id is not None:
            named = {"provider": provider, "provider_id": of_type("string", provider_id)}
            await self._payments.update_one(named, DUE_NOW)
        try:
            noted = await self._events.update_one({"_id": event_id, "at": None}, _HAD_NOW, upsert=True)
        except DuplicateKeyError:  # it came twice at once
            return False
        return noted.upserted_id is not None
