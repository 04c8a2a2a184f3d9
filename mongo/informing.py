"""Mails of which an owner is told in the shop, too: rows of the outbox that still have to become notifications."""

from collections.abc import Sequence

from bson import ObjectId
from pymongo import UpdateOne

from models.alert import Notice
from models.identity import owner_of_user, user_of_owner
from models.notification import DueNotice
from mongo import documents
from mongo.driver import Database, Document
from mongo.once import insert_new
from mongo.schema import IN_APP

_FIELDS: Document = dict.fromkeys(("owner", "kind", "data", "created_at", "state"), 1)
NO_ADDRESS = "not sent: nobody with an address"


class DueNotices:
    """The rows of the outbox that are marked ``in_app``. Every write may be done again."""

    def __init__(self, database: Database) -> None:
        self._emails = database["emails"]
        self._users = database["users"]
        self._notifications = database["notifications"]

    async def due(self, limit: int) -> Sequence[DueNotice]:
        """Return what is still to be told, the oldest first; letters without an address get their owner's."""
        found = self._emails.find(IN_APP, _FIELDS).sort("created_at", 1).limit(limit)
        rows = await found.to_list(None)
        await self._address([row for row in rows if row["state"] == "unaddressed"])
        return [
            DueNotice(Notice(row["_id"], row["owner"], row["kind"], row["data"], None), row["created_at"])
            for row in rows
        ]

    async def _address(self, rows: Sequence[Document]) -> None:
        """Have letters sent to the addresses of their owners' accounts, from now on; those of nobody are not sent."""
        if not rows:
            return
        users = {user for row in rows if ObjectId.is_valid(user := user_of_owner(row["owner"]) or "")}
        known: Document = {"_id": {"$in": list(map(ObjectId, users))}, "deleted_at": None}
        emails = {
            owner_of_user(str(user["_id"])): user["email"] async for user in self._users.find(known, {"email": 1})
        }
        await self._emails.bulk_write([_addressing(row["_id"], emails.get(row["owner"])) for row in rows])

    async def tell(self, due: Sequence[DueNotice]) -> None:
        """Write the notifications; those that are there already stay as they are."""
        await insert_new(self._notifications, [documents.notice_document(notice, at) for notice, at in due])

    async def done(self, due: Sequence[DueNotice]) -> None:
        """Note that these were told."""
        keys = [notice.key for notice, _ in due]
        await self._emails.update_many({"_id": {"$in": keys}}, {"$unset": {"in_app": 1}})


def _addressing(key: str, email: str | None) -> UpdateOne:
    sent: Document = {"to": {"$literal": email}, "state": "pending", "due": "$$NOW"}
    change = sent if email else {"state": "unsent", "error": NO_ADDRESS}
    return UpdateOne({"_id": key, "state": "unaddressed"}, [{"$set": change}])
