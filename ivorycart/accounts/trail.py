"""The audit trail, as those see it who add to it."""

from typing import Protocol

from models.account import AuditEvent


class Trail(Protocol):
    """Where sign-ins and acts upon accounts are noted."""

    async def note(self, event: AuditEvent) -> None:
        """Add an event, dated now."""
