"""The outbox as an admin sees it: listed, and mails sent again, each with a line in the audit trail."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId

from models.account import AuditEvent
from models.errors import NotFound
from models.outbox import EmailEntry, EmailQuery
from mongo.audit_trail import event_document
from mongo.driver import Database, Document, Driver, Session
from mongo.whole import whole

# A list that no index narrows goes through all mails, the newest first: so long, and no longer.
MAX_MS = 5000
# What is in `data` may be somebody's own: it is not read.
_SHOWN: Document = dict.fromkeys(("kind", "to", "state", "tries", "error", "created_at", "due", "sent_at"), 1)
_NEWEST = [("created_at", -1), ("_id", -1)]


class EmailDirectory:
    """Finds mails and puts them back into the queue."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._emails = database["emails"]

    async def page(self, query: EmailQuery) -> Sequence[EmailEntry]:
        """Return a page of mails, newest first; none after an id that is not there."""
        wanted: Document = {"state": query.state, "to": query.to, "kind": query.kind}
        conditions: list[Document] = [{name: value} for name, value in wanted.items() if value is not None]
        if query.after:
            last = await self._emails.find_one({"_id": query.after}, {"created_at": 1})
            if last is None:
                return []
            conditions += _before(last)
        found = self._emails.find({"$and": conditions} if conditions else {}, _SHOWN).sort(_NEWEST)
        return [_entry(row) for row in await found.limit(query.limit).max_time_ms(MAX_MS).to_list(None)]

    async def resend(self, mail_id: str, judge: Callable[[EmailEntry, bool], AuditEvent]) -> EmailEntry:
        """Put a mail back into the queue, due at once, as if it had never been tried; return it as it is then.

        ``judge`` gets the mail, and whether its link is still good (true for one without); it returns the line for the
        audit trail, or raises. It may be asked more than once. NotFound.
        """

        async def change(session: Session) -> EmailEntry:
            row: Any = await self._emails.find_one({"_id": mail_id}, session=session)
            if row is None:
                raise NotFound("there is no such mail")
            event = judge(_entry(row), await self._link_is_good(session, row.get("data") or {}))
            again: list[Document] = [
                {"$set": {"state": "pending", "tries": 0, "due": "$$NOW", "error": None, "sent_at": None}},
                {"$unset": "claim"},
            ]
            await self._emails.update_one({"_id": mail_id}, again, session=session)
            await self._database["audit_events"].insert_one(event_document(event), session=session)
            after: Any = await self._emails.find_one({"_id": mail_id}, session=session)
            return _entry(after)

        return await whole(self._driver, change)

    async def _link_is_good(self, session: Session, data: Mapping[str, Any]) -> bool:
        if "request_id" not in data:
            return True
        try:
            request_id = ObjectId(data["request_id"])
        except (InvalidId, TypeError):
            return False
        good: Document = {"_id": request_id, "used_at": None, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
        return await self._database["account_tokens"].find_one(good, {"_id": 1}, session=session) is not None


def _before(last: Document) -> list[Document]:
    """Return what holds of mails after one in the list; the first condition is what an index can begin at."""
    at = last["created_at"]
    return [{"created_at": {"$lte": at}}, {"$or": [{"created_at": {"$lt": at}}, {"_id": {"$lt": last["_id"]}}]}]


def _entry(row: Document) -> EmailEntry:
    return EmailEntry(
        id=str(row["_id"]),
        kind=row["kind"],
        to=row["to"],
        state=row["state"],
        tries=row.get("tries", 0),
        error=row.get("error"),
        created_at=row["created_at"],
        due=row.get("due"),
        sent_at=row.get("sent_at"),
    )
