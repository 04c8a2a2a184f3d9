"""Crossings, and the notifications and mails that come of them."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from bson import ObjectId
from pymongo import InsertOne
from pymongo.errors import BulkWriteError

from models.alert import Notice, Recipient
from models.identity import OwnerId, owner_of_offer, owner_of_user, user_of_owner
from models.notification import Notification
from models.offering import BACK_IN_STOCK, place_of_notice
from models.stock import Crossing
from models.waiter import WaitState
from mongo import documents
from mongo.driver import DUPLICATE_KEY, Database, Document, Driver
from mongo.schema import FILLED

PORTION = 500
_OF_OFFERS = re.compile(f"^{owner_of_offer('')}")
MOST_UNSEEN = 100  # of one owner


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
            rows.append(
                {
                    "key": notice.key,
                    "to": notice.to,
                    "kind": notice.kind,
                    "data": dict(notice.data),
                    "at": crossing.timestamp,
                    "seen": False,
                    "crossing": cause,
                }
            )
            if notice.letter:
                mails.append({**documents.letter_document(notice.letter, crossing.timestamp), "crossing": cause})
        await self._insert("notifications", rows)
        await self._insert("emails", mails)

    async def _insert(self, collection: str, rows: list[Document]) -> None:
        if not rows:
            return
        try:
            await self._database[collection].bulk_write([InsertOne(row) for row in rows], ordered=False)
        except BulkWriteError as error:
            others = [each for each in error.details["writeErrors"] if each["code"] != DUPLICATE_KEY]
            if others or error.details["writeConcernErrors"]:
                raise

    async def done(self, crossing: Crossing) -> None:
        """Mark a crossing as told, with the numbers of those whom it told, and of those whom it told by mail."""
        cause = f"{crossing.product_id}:{crossing.version}"
        counts = {
            field: await self._database[collection].count_documents({"crossing": cause})
            for field, collection in (("told", "notifications"), ("mailed", "emails"))
        }
        await self._database["crossings"].update_one({"_id": cause}, {"$set": {"state": "done", **counts}})


class Notifications:
    """What owners have been told."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._notifications = database["notifications"]
        self._waiting = database["waiting"]

    async def owners_with_unseen(self) -> Iterable[OwnerId]:
        """Return everybody who has something unseen."""
        owners: list[OwnerId] = await self._notifications.distinct("to", {"seen": False})
        return owners

    async def unseen(self, owner: OwnerId) -> Sequence[Notification]:
        """Return what an owner has not seen, oldest first (the last hundred)."""
        return (await self.unseen_of([owner])).get(owner, [])

    async def unseen_of(self, owners: Sequence[OwnerId]) -> Mapping[OwnerId, Sequence[Notification]]:
        """Return what these have not seen, oldest first (the last hundred of each); who has seen all is missing."""
        last: Document = {"$topN": {"n": MOST_UNSEEN, "sortBy": {"at": -1}, "output": "$$ROOT"}}
        pipeline: list[Document] = [
            {"$match": {"to": {"$in": list(owners)}, "seen": False}},
            {"$group": {"_id": "$to", "rows": last}},
        ]
        found = await self._driver.aggregate(self._notifications, pipeline)
        still_open = await self._offered([row for each in found for row in each["rows"]])
        return {
            each["_id"]: [
                documents.notification_of(row, still_open=row["key"] in still_open) for row in reversed(each["rows"])
            ]
            for each in found
        }

    async def _offered(self, rows: Sequence[Document]) -> set[str]:
        """Return the keys of those that tell of an offer which still stands; the place says, no clock."""
        places = {row["key"]: place_of_notice(row["key"]) for row in rows if row["kind"] == BACK_IN_STOCK}
        if not places:
            return set()
        query: Document = {"_id": {"$in": list(places.values())}, "state": WaitState.OFFERED.value}
        standing = {row["_id"] for row in await self._waiting.find(query, {"_id": 1}).to_list(None)}
        return {key for key, place in places.items() if place in standing}

    async def mark_seen(self, owner: OwnerId, ids: Iterable[str]) -> int:
        """Note that an owner has seen these; return how many are still unseen."""
        seen = {"_id": {"$in": [ObjectId(each) for each in ids]}, "to": owner}
        await self._notifications.update_many(seen, {"$set": {"seen": True}})
        return await self._notifications.count_documents({"to": owner, "seen": False})
