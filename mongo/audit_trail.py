"""The audit trail: sign-ins and acts upon accounts, for the admin to read."""

from datetime import UTC, datetime

from bson import ObjectId

from models.account import AuditEvent
from mongo.driver import Database, Document


class AuditTrail:
    """Keeps events; they are only ever added."""

    def __init__(self, database: Database) -> None:
        self._events = database["audit_events"]

    async def note(self, event: AuditEvent) -> None:
        """Add an event, dated now."""
        document: Document = {
            "at": datetime.now(UTC),
            "kind": event.kind,
            "ok": event.ok,
            "user_id": ObjectId(event.user_id) if event.user_id else None,
            "actor_id": ObjectId(event.actor_id) if event.actor_id else None,
            "email": event.email,
            "address": event.visitor.address if event.visitor else None,
            "device": event.visitor.device if event.visitor else None,
            "detail": dict(event.detail),
        }
        await self._events.insert_one(document)
