"""Mails of which an owner is told in the shop, too: rows of the outbox that still have to become notifications."""

from collections.abc import Sequence

from models.alert import Notice
from models.notification import DueNotice
from mongo import documents
from mongo.driver import Database, Document
from mongo.once import insert_new
from mongo.schema import IN_APP

_FIELDS: Document = dict.fromkeys(("owner", "kind", "data", "created_at"), 1)


class DueNotices:
    """The rows of the outbox that are marked ``in_app``. Every write may be done again."""

    def __init__(self, database: Database) -> None:
        self._emails = database["emails"]
        self._notifications = database["notifications"]

    async def due(self, limit: int) -> Sequence[DueNotice]:
        """Return what is still to be told, the oldest first."""
        found = self._emails.find(IN_APP, _FIELDS).sort("created_at", 1).limit(limit)
        return [
            DueNotice(Notice(row["_id"], row["owner"], row["kind"], row["data"], None), row["created_at"])
            for row in await found.to_list(None)
        ]

    async def tell(self, due: Sequence[DueNotice]) -> None:
        """Write the notifications; those that are there already stay as they are."""
        await insert_new(self._notifications, [documents.notice_document(notice, at) for notice, at in due])

    async def done(self, due: Sequence[DueNotice]) -> None:
        """Note that these were told."""
        keys = [notice.key for notice, _ in due]
        await self._emails.update_many({"_id": {"$in": keys}}, {"$unset": {"in_app": 1}})
