"""Holds that are about to end, and the warnings that are written of them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

from bson import ObjectId

from models.alert import Notice
from models.identity import OwnerId, owner_of_user, user_of_owner
from models.warning import HOLD_EXPIRING, EndingHold, EndingHolds, warning_key
from mongo import documents
from mongo.driver import Database, Document
from mongo.health import Pings
from mongo.once import insert_new
from mongo.schema import CHOOSY, FILLED

PORTION = 500
# Carts of users and of sessions, not those of offers.
_SOMEBODYS: Document = {"_id": {"$regex": "^[us]:"}}


class HoldsThatEnd:
    """What the worker that warns reads and writes. Every write may be done again: unique keys decide."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._carts = database["carts"]
        self._notifications = database["notifications"]
        self._clock = Pings(database)

    async def ending(self, within: timedelta, since: datetime | None) -> AsyncIterator[EndingHolds]:
        """Yield holds that end within so much time, and not before ``since``, the first to end first, in portions.

        Those whose warning is written already are left out.
        """
        milliseconds = round(within.total_seconds() * 1000)
        soon = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}
        # The range is a constant for the planner once $$NOW is bound, so the index on expires_at serves it.
        times: Document = {"$and": [{"$gt": ["$expires_at", "$$NOW"]}, {"$lte": ["$expires_at", soon]}]}
        known: Document = {"$type": "date"} if since is None else {"$type": "date", "$gte": since}
        query = {"expires_at": known, "$expr": times, **FILLED, **_SOMEBODYS}
        found = self._carts.find(query, {"expires_at": 1}).sort("expires_at", 1)
        while rows := await found.to_list(PORTION):
            holds = [EndingHold(OwnerId(row["_id"]), row["expires_at"]) for row in rows]
            yield EndingHolds(await self._not_warned(holds), holds[-1].expires_at)

    async def _not_warned(self, holds: Sequence[EndingHold]) -> Sequence[EndingHold]:
        keys = {warning_key(hold.owner, hold.expires_at): hold for hold in holds}
        rows = await self._notifications.find({"key": {"$in": list(keys)}}, {"key": 1}).to_list(None)
        for row in rows:
            del keys[row["key"]]
        emails = await self._emails([hold.owner for hold in keys.values()])
        return [hold._replace(email=emails.get(hold.owner)) for hold in keys.values()]

    async def _emails(self, owners: Sequence[OwnerId]) -> Mapping[OwnerId, str]:
        """Return the addresses of those who have asked to be warned by mail."""
        ids = [ObjectId(user) for user in map(user_of_owner, owners) if user and ObjectId.is_valid(user)]
        if not ids:
            return {}
        asked = {"_id": {"$in": ids}, "deleted_at": None, f"telling.{HOLD_EXPIRING}.email": True, **CHOOSY}
        rows = await self._database["users"].find(asked, {"email": 1}).to_list(None)
        return {owner_of_user(str(row["_id"])): row["email"] for row in rows}

    async def tell(self, notices: Sequence[Notice]) -> None:
        """Write notices and their mails: the mails first, for a warning that is written is not written again."""
        if not notices:
            return
        now = await self._clock.now()
        letters = [documents.letter_document(notice.letter, now) for notice in notices if notice.letter]
        await insert_new(self._database["emails"], letters)
        await insert_new(self._notifications, [documents.notice_document(notice, now) for notice in notices])
