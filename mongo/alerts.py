"""Crossings, and the notifications and mails that come of them."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence

from bson import ObjectId

from models.alert import Notice, Recipient
from models.identity import OwnerId, owner_of_offer, owner_of_user, user_of_owner
from models.stock import Crossing
from mongo import documents
from mongo.driver import Database, Document
from mongo.once import insert_new
from mongo.schema import FILLED

# Carts at a time: few enough that whoever buys meanwhile does not notice.
PORTION = 200
_OF_OFFERS = re.compile(f"^{owner_of_offer('')}")


class Alerts:
    """What the alert worker reads and writes. Every write is repeatable: unique keys decide."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due_crossings(self, limit: int) -> Sequence[Crossing]:
        """Return crossings still to be told, the oldest first."""
        found = self._database["crossings"].find({"state": "due"}).sort("timestamp", 1).limit(limit)
        return [documents.crossing_of(document) for document in await found.to_list(None)]

    async def holders(self, crossing: Crossing) -> AsyncIterator[Sequence[Recipient]]:
        """Yield the carts that had the product before the crossing, but for the one that caused it.

        The carts of offers are nobody's: whom their unit is kept for has been told that it is.
        """
        line = {"product_id": ObjectId(crossing.product_id), "since": {"$lt": crossing.version}}
        query: Document = {"lines.product_id": line["product_id"], "lines": {"$elemMatch": line}, **FILLED}
        last = ""
        while True:
            page = {**query, "_id": {"$gt": last, "$ne": crossing.caused_by, "$not": _OF_OFFERS}}
            found = self._database["carts"].find(page, {"email": 1}).sort("_id", 1).limit(PORTION)
            carts = await found.to_list(None)
            if not carts:
                return
            yield await self._recipients(carts)
            last = carts[-1]["_id"]

    async def _recipients(self, carts: Sequence[Document]) -> list[Recipient]:
        emails = await self._emails([OwnerId(cart["_id"]) for cart in carts])
        return [Recipient(cart["_id"], emails.get(cart["_id"]) or cart.get("email")) for cart in carts]

    async def _emails(self, owners: Iterable[OwnerId]) -> dict[OwnerId, str]:
        users = [ObjectId(user) for user in map(user_of_owner, owners) if user and ObjectId.is_valid(user)]
        if not users:
            return {}
        known = {"_id": {"$in": users}, "deleted_at": None}
        rows = await self._database["users"].find(known, {"email": 1}).to_list(None)
        return {owner_of_user(str(row["_id"])): row["email"] for row in rows}

    async def seller(self, crossing: Crossing) -> Recipient:
        """Return the product's seller."""
        owner = owner_of_user(crossing.seller_id)
        return Recipient(owner, (await self._emails([owner])).get(owner))

    async def tell(self, crossing: Crossing, notices: Iterable[Notice]) -> None:
        """Write notices and their mails; those whose key is there already stay as they are."""
        cause = f"{crossing.product_id}:{crossing.version}"
        rows, mails = [], []
        for notice in notices:
            rows.append({**documents.notice_document(notice, crossing.timestamp), "crossing": cause})
            if notice.letter:
                mails.append({**documents.letter_document(notice.letter, crossing.timestamp), "crossing": cause})
        await insert_new(self._database["notifications"], rows)
        await insert_new(self._database["emails"], mails)

    async def done(self, crossing: Crossing) -> None:
        """Mark a crossing as told, with the numbers of those whom it told, and of those whom it told by mail."""
        cause = f"{crossing.product_id}:{crossing.version}"
        counts = {
            field: await self._database[collection].count_documents({"crossing": cause})
            for field, collection in (("told", "notifications"), ("mailed", "emails"))
        }
        await self._database["crossings"].update_one({"_id": cause}, {"$set": {"state": "done", **counts}})
