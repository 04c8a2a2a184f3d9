"""The audit trail: sign-ins and acts upon accounts, for the admin to read."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bson import ObjectId

from models.account import AuditEvent, Visitor
from models.administration import AuditEntry, AuditQuery
from mongo.documents import object_id
from mongo.driver import Database, Document


class AuditTrail:
    """Keeps events; they are only ever added."""

    def __init__(self, database: Database) -> None:
        self._events = database["audit_events"]

    async def note(self, event: AuditEvent) -> None:
        """Add an event, dated now."""
        await self._events.insert_one(event_document(event))

    async def page(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Return a page of events, newest first; none after an id that is not there."""
        conditions = _conditions(query)
        if query.after:
            last = await self._events.find_one({"_id": ObjectId(query.after)}, {"at": 1})
            if last is None:
                return []
            conditions += _before(last)
        found = self._events.find({"$and": conditions} if conditions else {})
        rows = await found.sort([("at", -1), ("_id", -1)]).limit(query.limit).to_list(None)
        return [_entry(row) for row in rows]


def event_document(event: AuditEvent) -> Document:
    """Write an event, dated now."""
    return {
        "at": datetime.now(UTC),
        "kind": event.kind,
        "ok": event.ok,
        "user_id": object_id(event.user_id),
        "actor_id": object_id(event.actor_id),
        "email": event.email,
        "address": event.visitor.address if event.visitor else None,
        "device": event.visitor.device if event.visitor else None,
        "detail": dict(event.detail),
    }


def _conditions(query: AuditQuery) -> list[Document]:
    wanted: Document = {"kind": query.kind, "ok": query.ok, "user_id": object_id(query.user_id)}
    conditions: list[Document] = [{name: value} for name, value in wanted.items() if value is not None]
    if query.since:
        conditions.append({"at": {"$gte": query.since}})
    if query.until:
        conditions.append({"at": {"$lte": query.until}})
    return conditions


def _before(last: Document) -> list[Document]:
    """Return what holds of events after one in the list; the first condition is what an index can begin at."""
    at = last["at"]
    return [{"at": {"$lte": at}}, {"$or": [{"at": {"$lt": at}}, {"_id": {"$lt": last["_id"]}}]}]


def _entry(row: Document) -> AuditEntry:
    event = AuditEvent(
        kind=row["kind"],
        ok=row["ok"],
        user_id=str(row["user_id"]) if row["user_id"] else None,
        actor_id=str(row["actor_id"]) if row["actor_id"] else None,
        email=row["email"],
        visitor=Visitor(row["address"], row["device"] or "") if row["address"] else None,
        detail=row["detail"],
    )
    return AuditEntry(str(row["_id"]), row["at"], event)
